import { Refusal } from "./answers.ts";
import { requireMethod, serve } from "./door.ts";
import { AGENT_FIELD, type Field, readMembers, type Schema, validated, type Values } from "./fields.ts";
import { authenticate } from "./keys.ts";
import { agentName } from "./settings.ts";

/** What a function does when its body says `{"action": NAME}`. */
export interface Action {
  readonly fields: Schema;
  run(agent: string, values: Values): Promise<Response>;
}

/** Serves a function that carries out actions for whoever has a secret key of the project. */
export function serveActions(name: string, actions: Readonly<Record<string, Action>>): void {
  const names = Object.keys(actions).join(", ");
  const action: Field = { shape: /^[a-z_]{1,40}$/, expected: `one of ${names}`, required: true };
  serve(name, async (request) => {
    requireMethod(request, "POST");
    await authenticate(request);
    const members = await readMembers(request);
    const asked = members.get("action");
    if (typeof asked !== "string" || !Object.hasOwn(actions, asked)) {
      throw new Refusal(400, "unknown_action", `field "action" is absent or not known here: expected one of ${names}`);
    }
    const chosen = actions[asked];
    const values = validated(members, { action, agent: AGENT_FIELD, ...chosen.fields });
    return await chosen.run(values.agent ?? agentName(), values);
  });
}
