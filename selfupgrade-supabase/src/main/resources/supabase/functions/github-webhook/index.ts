/**
 * GitHub says that something has happened: a hint to look, which is queued for the agent. Nothing in a body can restart,
 * freeze or deploy. Answers are those of GitHubWebhook in Java, and both know the same deliveries.
 */
import { answer, Refusal } from "../_shared/answers.ts";
import { readBody } from "../_shared/body.ts";
import { rows } from "../_shared/database.ts";
import { requireMethod, serve } from "../_shared/door.ts";
import { agentName } from "../_shared/settings.ts";
import { type Accepted, LARGEST, requireSignature, settings, verified } from "../_shared/webhook.ts";

interface Receipt {
  receipt: string;
  filed: string | null;
  wait_micros: string;
  started: boolean;
}

serve("github-webhook", async (request) => {
  requireMethod(request, "POST");
  const agent = agentName();
  const followed = settings();
  const signature = requireSignature(request.headers);
  const body = await readBody(request, LARGEST);
  const verdict = await verified(followed, request.headers, signature, body);
  if ("ignored" in verdict) {
    return answer(200, { status: "ignored", message: `ignored: ${verdict.ignored}` });
  }
  if (!verdict.asksForLook) {
    return answer(200, { status: "ok", message: verdict.subject });
  }
  return told(await queued(agent, verdict));
});

async function queued(agent: string, { delivery, digest, subject }: Accepted): Promise<Receipt> {
  try {
    const found = await rows<Receipt>((sql) =>
      sql`select receipt, filed, wait_micros,
                 exists (select from selfupgrade.agent_state s where s.name = ${agent}) as started
            from selfupgrade.accept_delivery(${agent}, ${delivery}, ${digest}, ${subject},
                                             interval '10 minutes', 60, interval '1 hour')`
    );
    return found[0];
  } catch (trouble) {
    if (trouble instanceof Refusal && trouble.status === 503) {
      throw new Refusal(503, trouble.code, "not queued: the agent's store cannot be reached", trouble.headers);
    }
    throw trouble;
  }
}

function told({ receipt, filed, wait_micros, started }: Receipt): Response {
  switch (receipt) {
    case "QUEUED":
      // It may be that the agent is started later, or that SELFUPGRADE_AGENT has another name than it.
      return answer(202, {
        status: "queued",
        message: `queued as request ${filed}`,
        request: filed,
        ...(started ? {} : { agent: "not started yet" }),
      });
    case "KNOWN":
      return answer(200, {
        status: "known",
        message: `known: it came before and was queued as request ${filed}`,
        request: filed,
      });
    case "JOINED":
      return answer(200, {
        status: "joined",
        message: `joined request ${filed}, which asks for the same`,
        request: filed,
      });
    default: {
      const seconds = Math.max(1, Math.floor(Number(wait_micros) / 1_000_000));
      throw new Refusal(
        429,
        "too_many",
        `turned away: too many deliveries; there is room again in ${seconds} s, and the agent looks by itself anyway`,
        { "retry-after": String(seconds) },
      );
    }
  }
}
