/** Restarts an agent, stops and lets go on what it does forward, and tells how it stands. */
import { answer } from "../_shared/answers.ts";
import { serveActions } from "../_shared/control.ts";
import { rows } from "../_shared/database.ts";
import { type Field, KEY_FIELD } from "../_shared/fields.ts";
import { fileCommand, tellStatus } from "../_shared/wishes.ts";

const WHY: Field = {
  shape: /^(?=.*\S)[^\p{Cc}]{1,500}$/u,
  expected: "the reason, 1 to 500 characters in one line",
  required: true,
};

serveActions("agent-core", {
  restart: { fields: { key: KEY_FIELD }, run: (agent, values) => fileCommand(agent, "RESTART", {}, values) },
  status: { fields: {}, run: tellStatus },
  freeze: {
    fields: { why: WHY },
    run: async (agent, { why }) => {
      const [{ changed }] = await rows<{ changed: boolean }>((sql) =>
        sql`select selfupgrade.set_freeze(${agent}, ${why!}) as changed`
      );
      return answer(200, { status: "frozen", changed });
    },
  },
  unfreeze: {
    fields: {},
    run: async (agent) => {
      const [{ changed }] = await rows<{ changed: boolean }>((sql) =>
        sql`select selfupgrade.lift_freeze(${agent}) as changed`
      );
      return answer(200, { status: "free", changed });
    },
  },
});
