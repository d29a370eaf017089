import { Refusal } from "./answers.ts";

/** Which events ask for a look, by fields of theirs. */

type Fields = ReadonlyMap<string, string>;

interface Followed {
  readonly repository: string;
  readonly branches: string[];
  readonly workflows: string[];
}

export type Judgement = { readonly action: string; readonly subject: string } | { readonly ignored: string };

/** An edit too: assets are added to a release, and one that was not for all becomes so. */
const ACTIONS_OF_RELEASES = ["published", "released", "prereleased", "edited"];
const WORKFLOWS = ".github/workflows/";

export function judge(followed: Followed, event: string, fields: Fields): Judgement {
  if (event === "ping") {
    required(event, fields, "hook_id");
    return { action: "", subject: "the webhook is set up" };
  }
  const from = required(event, fields, "repository.full_name");
  if (from.toLowerCase() !== followed.repository.toLowerCase()) {
    return { ignored: `it is about ${from}, not ${followed.repository}` };
  }
  switch (event) {
    case "release":
      return release(fields);
    case "push":
      return push(followed, fields);
    default:
      return run(followed, fields);
  }
}

function release(fields: Fields): Judgement {
  const action = required("release", fields, "action");
  const tag = required("release", fields, "release.tag_name");
  if (!ACTIONS_OF_RELEASES.includes(action)) {
    return { ignored: `a release that was ${action} brings nothing new` };
  }
  if (required("release", fields, "release.draft") !== "false") {
    return { ignored: `release ${tag} is a draft` };
  }
  return { action, subject: tag };
}

function push(followed: Followed, fields: Fields): Judgement {
  const ref = required("push", fields, "ref");
  const after = required("push", fields, "after");
  const deleted = required("push", fields, "deleted");
  if (!followed.branches.some((branch) => ref === `refs/heads/${branch}`)) {
    return { ignored: `pushes to ${ref} are not followed` };
  }
  if (deleted !== "false") {
    return { ignored: `${ref} was deleted` };
  }
  return { action: "", subject: `${ref} ${after}` };
}

function run(followed: Followed, fields: Fields): Judgement {
  const action = required("workflow_run", fields, "action");
  const path = required("workflow_run", fields, "workflow_run.path").split("@", 1)[0];
  const id = required("workflow_run", fields, "workflow_run.id");
  if (!followed.workflows.some((file) => path === WORKFLOWS + file)) {
    return { ignored: `runs of ${path} are not followed` };
  }
  if (action !== "completed") {
    return { ignored: `run ${id} of ${path} is ${action}` };
  }
  const conclusion = fields.get("workflow_run.conclusion") ?? "nothing";
  if (conclusion !== "success") {
    return { ignored: `run ${id} of ${path} ended with ${conclusion}` };
  }
  return { action, subject: `${path} ${id}` };
}

function required(event: string, fields: Fields, field: string): string {
  const value = fields.get(field);
  if (value === undefined) {
    throw new Refusal(400, "malformed", `event ${event} has no ${field}`);
  }
  return value;
}
