// Checks workflows by GitHub's own language service and by rules of this project; prints a line for each finding.
//
//   npm ci && node --import ./json-imports.mjs lint.mjs FILE...
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";
import { isMap, isScalar, LineCounter, parseDocument, visit } from "yaml";

const ERROR = 1;
const PINNED = /^[\w.-]+\/[\w.-]+(\/[\w.-]+)*@[0-9a-f]{40}$/;
const UNTRUSTED_TRIGGERS = ["pull_request_target", "issue_comment", "workflow_run"];

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  const report = (rule, line, message) =>
    console.log(`${basename(file)}:${line}: ${rule}: ${message.replaceAll("\n", " ")}`);
  for (const each of await validate(TextDocument.create(`file:///.github/workflows/${basename(file)}`, "yaml", 1, text))) {
    // Hints tell of names that the service cannot know, such as those of secrets.
    if (each.severity === undefined || each.severity === ERROR) {
      report("language-service", each.range.start.line + 1, each.message);
    }
  }
  own(text, report);
}

function own(text, report) {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const line = (node) => (node?.range ? lines.linePos(node.range[0]).line : 1);
  const workflow = document.toJS() ?? {};
  const at = (...path) => document.getIn(path, true);

  const triggers = Object.keys(typeof workflow.on === "object" && !Array.isArray(workflow.on) ? workflow.on : {}).concat(workflow.on ?? []);
  for (const trigger of UNTRUSTED_TRIGGERS.filter((each) => triggers.includes(each))) {
    report("untrusted-trigger", line(at("on")), `${trigger} runs with rights on what strangers have written`);
  }
  if (JSON.stringify(workflow.permissions) !== "{}") {
    report("permissions", line(at("permissions")), "expected `permissions: {}` for the workflow, and each job to name its own");
  }
  if (workflow.concurrency?.["cancel-in-progress"] !== false || !workflow.concurrency?.group) {
    report("concurrency", line(at("concurrency")), "expected a group, and cancel-in-progress: false");
  }
  if (workflow.defaults?.run?.shell !== "bash") {
    report("shell", 1, "expected defaults.run.shell: bash, which fails with any command of a pipe");
  }
  for (const [name, input] of Object.entries(workflow.on?.workflow_dispatch?.inputs ?? {})) {
    const node = at("on", "workflow_dispatch", "inputs", name);
    if (!input?.type) report("input", line(node), `input ${name} has no type`);
    if (input?.options && input.type !== "choice") report("input", line(node), `input ${name} has options without type: choice`);
  }
  for (const [id, job] of Object.entries(workflow.jobs ?? {})) {
    const node = at("jobs", id);
    if (!job.permissions || typeof job.permissions !== "object") {
      report("permissions", line(node), `job ${id} does not name its permissions`);
    }
    if (!job["timeout-minutes"]) report("timeout", line(node), `job ${id} has no timeout-minutes`);
    if (job["continue-on-error"]) report("timeout", line(node), `job ${id} hides its failure`);
    const secrets = secretNames(workflow.env, job.env);
    (job.steps ?? []).forEach((step, index) => {
      const stepNode = at("jobs", id, "steps", index);
      if (step.uses) uses(step, stepNode);
      if (step.run) run(step, stepNode, [...secrets, ...secretNames(step.env)]);
    });
  }
  visit(document, {
    Pair(_, pair) {
      if (isScalar(pair.key) && pair.key.value === "if" && isScalar(pair.value) && /secrets\./.test(String(pair.value.value))) {
        report("secret", line(pair.key), "a secret decides an if");
      }
    },
  });

  function uses(step, node) {
    const source = isMap(node) ? node.get("uses", true) : undefined;
    if (step.uses.startsWith("./")) return;
    if (!PINNED.test(step.uses)) {
      report("pin", line(source), `${step.uses} is not pinned to a commit: expected owner/name@ and 40 hexadecimal digits`);
    } else if (!/^\s*v\d/.test(source?.comment ?? "")) {
      report("pin", line(source), `${step.uses} has no comment that says which version it is`);
    }
    if (/actions\/checkout@/.test(step.uses) && step.with?.["persist-credentials"] !== false) {
      report("pin", line(source), "checkout leaves its token on disk: expected persist-credentials: false");
    }
  }

  function run(step, node, secrets) {
    const first = line(isMap(node) ? node.get("run", true) : node);
    if (step.run.includes("${{")) {
      report("expression", first, "an expression is pasted into the script: pass it by env");
    }
    // A builtin has no command line that others on the machine can see.
    step.run.split("\n").forEach((command, offset) => {
      const named = secrets.filter((name) => new RegExp(`\\$\\{?${name}\\b`).test(command));
      if (named.length && !/^\s*(printf '%s\\n' "\$\w+" [|>] |if \[\[ |\[\[ )/.test(command)) {
        report("secret", first + 1 + offset, `${named} is on a command line: write it with printf to a pipe or a file`);
      }
      if (/(^|[\s;])set\s+(-x|-o\s+xtrace)/.test(command)) {
        report("secret", first + 1 + offset, "set -x prints what it runs");
      }
    });
    const checked = spawnSync("bash", ["-n"], { input: step.run, encoding: "utf8" });
    if (checked.status !== 0) {
      report("bash", first, (checked.stderr || String(checked.error)).trim());
    }
  }
}

/** Names the variables that hold a secret; the job's own token counts as one. */
function secretNames(...envs) {
  return envs.flatMap((env) =>
    Object.entries(env ?? {})
      .filter(([, value]) => /secrets\.|github\.token/.test(String(value)))
      .map(([name]) => name),
  );
}
