/**
 * A host says that it is there, as after its start: a row with its name and the time, which the agent's status shows.
 * It starts, judges and promises nothing: that an agent lives is known by the heartbeats that it writes itself.
 */
import { answer, Refusal } from "../_shared/answers.ts";
import { rows } from "../_shared/database.ts";
import { requireMethod, serve } from "../_shared/door.ts";
import { AGENT_FIELD, readMembers, validated } from "../_shared/fields.ts";
import { authenticate } from "../_shared/keys.ts";
import { agentName } from "../_shared/settings.ts";

const SCHEMA = {
  agent: AGENT_FIELD,
  host: {
    shape: /^[0-9A-Za-z][0-9A-Za-z._:-]{0,252}$/,
    expected: "a host's name, as hostname prints it",
    required: true,
  },
  port: {
    shape: /^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/,
    expected: "a number from 1 to 65535",
    number: true,
  },
};

serve("register", async (request) => {
  requireMethod(request, "POST");
  await authenticate(request);
  const values = validated(await readMembers(request), SCHEMA);
  const agent = values.agent ?? agentName();
  const [{ receipt }] = await rows<{ receipt: string }>((sql) =>
    sql`select selfupgrade.note_host(${agent}, ${values.host!}, ${values.port ?? null}::text::integer) as receipt`
  );
  if (receipt === "FULL") {
    throw new Refusal(409, "too_many_hosts", "this agent has 100 hosts already: those not seen for 30 days make room");
  }
  return answer(receipt === "NEW" ? 201 : 200, { status: "registered", first: receipt === "NEW" });
});
