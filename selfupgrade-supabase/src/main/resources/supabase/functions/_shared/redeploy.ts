import { answer, Refusal } from "./answers.ts";
import { readBody } from "./body.ts";
import { rows } from "./database.ts";
import { setting } from "./settings.ts";

/**
 * Carries out the redeployment that an outage asks for, because the agent is away: a workflow of GitHub Actions is asked
 * for the confirmed version. Which outage, whether and which version, the database says; the request says nothing.
 *
 * An answer of GitHub that is lost leaves the redeployment taken: it is taken again when that is over, and the run is
 * looked for before another one is asked for. It is known by the redeployment's id in its title.
 */

interface Taken {
  command: string;
  attempt: number;
  version: string;
}

interface GitHub {
  readonly workflow: string;
  readonly ref: string;
  readonly headers: Record<string, string>;
}

const LONGEST_MILLIS = 8000;
const API = /^(https:\/\/|http:\/\/127\.0\.0\.1[:/])[!-~]{1,200}$/;
const LARGEST_ANSWER = 4 << 20;
/**
 * No such workflow, or not these inputs: asking again has the same end. 401 and 403 may pass, as limits of GitHub come as
 * 403, too (GitHub Docs, "Rate limits for the REST API"): the redeployment's own time bounds how often it is asked.
 */
const FINAL = [404, 422];

export async function redeploy(agent: string): Promise<Response> {
  const github = platform();
  const [taken] = await rows<Taken>((sql) =>
    sql`select command, attempt, version from selfupgrade.take_redeploy(${agent})`
  );
  if (!taken) {
    return answer(200, { status: "nothing", message: "no redeployment waits for being carried out" });
  }
  if (taken.attempt > 1 && await isThere(github, taken.command)) {
    await settle(taken, "DONE", "found the run of an earlier attempt");
    return answer(200, { status: "done", command: taken.command });
  }
  const status = await dispatch(github, taken);
  if (status >= 200 && status < 300) {
    await settle(taken, "DONE", `asked GitHub for ${taken.version}`);
    return answer(202, { status: "queued", command: taken.command, version: taken.version });
  }
  if (!FINAL.includes(status)) {
    const rights = status === 401 || status === 403 ? ", at a limit of its own or because the token lacks rights" : "";
    throw away(`GitHub answered ${status}${rights}`);
  }
  const why = `GitHub refused it with ${status}: see that the token may write actions, and that the workflow is ` +
    "there and takes the inputs version and upgrade";
  await settle(taken, "REFUSED", why);
  throw new Refusal(502, "refused_by_github", why);
}

function platform(): GitHub {
  const repository = setting(
    "SELFUPGRADE_REPOSITORY",
    /^[A-Za-z0-9._-]{1,100}\/[A-Za-z0-9._-]{1,100}$/,
    "the repository of the workflow, as in acme/my-bot",
  );
  const token = setting(
    "SELFUPGRADE_GITHUB_TOKEN",
    /^[!-~]{20,500}$/,
    "a token that may write the repository's actions",
  );
  const api = Deno.env.get("SELFUPGRADE_GITHUB_API")
    ? setting("SELFUPGRADE_GITHUB_API", API, "the address of GitHub's API, with https")
    : "https://api.github.com";
  const file = Deno.env.get("SELFUPGRADE_REDEPLOY_WORKFLOW") || "redeploy.yml";
  return {
    workflow: `${api}/repos/${repository}/actions/workflows/${encodeURIComponent(file)}`,
    ref: Deno.env.get("SELFUPGRADE_REDEPLOY_REF") || "main",
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "user-agent": "selfupgrade-functions",
      "x-github-api-version": "2022-11-28",
    },
  };
}

async function dispatch({ workflow, ref, headers }: GitHub, { command, version }: Taken): Promise<number> {
  const sent = await ask(`${workflow}/dispatches`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ ref, inputs: { version, upgrade: command } }),
  });
  await sent.body?.cancel();
  return sent.status;
}

/** Tells whether GitHub lists a run with the id in its title, among the newest. */
async function isThere({ workflow, headers }: GitHub, command: string): Promise<boolean> {
  const listed = await ask(`${workflow}/runs?event=workflow_dispatch&per_page=30`, { headers });
  if (!listed.ok) {
    await listed.body?.cancel();
    throw away(`GitHub answered ${listed.status} when it was asked for the runs`);
  }
  const titles = await titlesOf(listed);
  return titles.some((title) => title.includes(command));
}

async function titlesOf(listed: Response): Promise<string[]> {
  try {
    const text = new TextDecoder().decode(await readBody(listed, LARGEST_ANSWER));
    const runs: { display_title?: unknown }[] = JSON.parse(text).workflow_runs;
    return runs.map((run) => String(run.display_title));
  } catch {
    throw away("GitHub's list of runs cannot be read");
  }
}

async function ask(url: string, request: RequestInit): Promise<Response> {
  try {
    // A redirect would take the token elsewhere.
    return await fetch(url, { ...request, redirect: "error", signal: AbortSignal.timeout(LONGEST_MILLIS) });
  } catch {
    throw away("GitHub cannot be reached");
  }
}

function away(why: string): Refusal {
  return new Refusal(503, "unavailable", `${why}: the redeployment is taken up again by a later call`, {
    "retry-after": "120",
  });
}

async function settle({ command, attempt }: Taken, outcome: string, note: string): Promise<void> {
  await rows((sql) =>
    sql`select selfupgrade.settle_redeploy(${command}::text::uuid, ${attempt}::text::integer, ${outcome}, ${note})`
  );
}
