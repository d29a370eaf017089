/**
 * Tells whoever asks whether the agent is up, and nothing else: 200 only if its primary's own heartbeat is fresh and its
 * version is the confirmed one. Everything else is 503, be it the agent, the database or a setting: the logs say which.
 */
import { answer, Refusal } from "../_shared/answers.ts";
import { rows } from "../_shared/database.ts";
import { requireMethod, serve } from "../_shared/door.ts";
import { agentName } from "../_shared/settings.ts";

/** Anybody may ask as often as he likes: those who ask at the same time get the same answer. */
let asked: Promise<boolean> | undefined;

serve("health", async (request) => {
  requireMethod(request, "GET", "HEAD");
  asked ??= isUp().finally(() => asked = undefined);
  const up = await asked;
  const told = answer(up ? 200 : 503, { status: up ? "up" : "down" }, up ? {} : { "retry-after": "10" });
  return request.method === "HEAD" ? new Response(null, told) : told;
});

async function isUp(): Promise<boolean> {
  try {
    const found = await rows<{ state: string }>((sql) =>
      sql`select state from selfupgrade.agent_health(${agentName()})`
    );
    return found.length === 1 && found[0].state === "UP";
  } catch (trouble) {
    if (trouble instanceof Refusal) {
      console.error(`health: ${trouble.message}`);
      return false;
    }
    throw trouble;
  }
}
