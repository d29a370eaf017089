// Cuts the part that this module's tests need out of GitHub's description of its REST API.
//
//   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
//   node slice.mjs package/generated/api.github.com.json ../resources/openapi/github.json
//
// Kept: the operations below and every component that they refer to. Left out: examples and
// prose, which check nothing.
import { readFileSync, writeFileSync } from "node:fs";

const repo = "/repos/{owner}/{repo}";
const OPERATIONS = {
  "/app/hook/deliveries": ["get"],
  "/app/hook/deliveries/{delivery_id}/attempts": ["post"],
  "/app/installations/{installation_id}/access_tokens": ["post"],
  "/rate_limit": ["get"],
  [repo]: ["get"],
  [`${repo}/actions/jobs/{job_id}/logs`]: ["get"],
  [`${repo}/actions/runs`]: ["get"],
  [`${repo}/actions/runs/{run_id}`]: ["get"],
  [`${repo}/actions/runs/{run_id}/cancel`]: ["post"],
  [`${repo}/actions/runs/{run_id}/force-cancel`]: ["post"],
  [`${repo}/actions/runs/{run_id}/jobs`]: ["get"],
  [`${repo}/actions/runs/{run_id}/pending_deployments`]: ["get"],
  [`${repo}/actions/workflows/{workflow_id}`]: ["get"],
  [`${repo}/actions/workflows/{workflow_id}/dispatches`]: ["post"],
  [`${repo}/actions/workflows/{workflow_id}/runs`]: ["get"],
  [`${repo}/branches/{branch}`]: ["get"],
  [`${repo}/commits/{ref}`]: ["get"],
  [`${repo}/commits/{ref}/check-runs`]: ["get"],
  [`${repo}/commits/{ref}/status`]: ["get"],
  [`${repo}/compare/{basehead}`]: ["get"],
  [`${repo}/contents/{path}`]: ["get"],
  [`${repo}/deployments`]: ["get", "post"],
  [`${repo}/deployments/{deployment_id}`]: ["get"],
  [`${repo}/deployments/{deployment_id}/statuses`]: ["get", "post"],
  [`${repo}/git/commits/{commit_sha}`]: ["get"],
  [`${repo}/git/matching-refs/{ref}`]: ["get"],
  [`${repo}/git/ref/{ref}`]: ["get"],
  [`${repo}/git/refs`]: ["post"],
  [`${repo}/git/refs/{ref}`]: ["patch", "delete"],
  [`${repo}/git/tags/{tag_sha}`]: ["get"],
  [`${repo}/git/trees/{tree_sha}`]: ["get"],
  [`${repo}/hooks`]: ["get"],
  [`${repo}/hooks/{hook_id}/deliveries`]: ["get"],
  [`${repo}/hooks/{hook_id}/deliveries/{delivery_id}/attempts`]: ["post"],
  [`${repo}/pulls`]: ["get", "post"],
  [`${repo}/pulls/{pull_number}`]: ["get", "patch"],
  [`${repo}/pulls/{pull_number}/files`]: ["get"],
  [`${repo}/pulls/{pull_number}/merge`]: ["get", "put"],
  [`${repo}/pulls/{pull_number}/reviews`]: ["get"],
  [`${repo}/releases`]: ["get"],
  [`${repo}/releases/assets/{asset_id}`]: ["get"],
  [`${repo}/releases/tags/{tag}`]: ["get"],
  [`${repo}/releases/{release_id}`]: ["get"],
  [`${repo}/releases/{release_id}/assets`]: ["get"],
  [`${repo}/tarball/{ref}`]: ["get"],
};
const PROSE = new Set(["description", "summary", "externalDocs", "x-github", "tags", "title"]);

const [, , from, to] = process.argv;
const whole = JSON.parse(readFileSync(from, "utf8"));

/** Copies without examples and prose; a property that is called like one of them stays. */
function lean(node, names = false) {
  if (Array.isArray(node)) return node.map((each) => lean(each));
  if (node === null || typeof node !== "object") return node;
  const kept = {};
  for (const [key, value] of Object.entries(node)) {
    if (!names && (key === "example" || key === "examples")) continue;
    if (!names && PROSE.has(key)) continue;
    kept[key] = lean(value, !names && key === "properties");
  }
  return kept;
}

/** A response must be described: its prose is replaced by one word. */
function operation(described) {
  const kept = lean(described);
  for (const response of Object.values(kept.responses)) if (!response.$ref) response.description = "-";
  return kept;
}

/** A parameter that is a number or a text becomes a text: the validator would read it as JSON. */
function parameter(described) {
  const choice = described.schema?.oneOf;
  return choice?.some((each) => each.type === "string") ? { ...described, schema: { type: "string" } } : described;
}

const paths = {};
for (const [path, methods] of Object.entries(OPERATIONS)) {
  const item = whole.paths[path];
  if (!item) throw new Error(`${from} has no path ${path}`);
  paths[path] = {};
  for (const method of methods) {
    if (!item[method]) throw new Error(`${from} has no ${method} ${path}`);
    paths[path][method] = operation(item[method]);
  }
}

const components = {};
const waiting = [paths];
const refs = (node) => {
  if (node === null || typeof node !== "object") return;
  if (typeof node.$ref === "string") {
    const [, , group, name] = node.$ref.split("/");
    if (!components[group]?.[name]) {
      const kept = lean(whole.components[group][name]);
      if (group === "responses") kept.description = "-";
      (components[group] ??= {})[name] = group === "parameters" ? parameter(kept) : kept;
      waiting.push(kept);
    }
  }
  Object.values(node).forEach(refs);
};
while (waiting.length) refs(waiting.pop());

// A line for each path and component, in order, so that a change of GitHub's is a readable diff.
const block = (entries) =>
  "{\n" + Object.keys(entries).sort().map((key) => `${JSON.stringify(key)}: ${JSON.stringify(entries[key])}`).join(",\n") + "\n}";
const groups = Object.fromEntries(Object.keys(components).sort().map((group) => [group, components[group]]));
const text =
  `{\n"openapi": "${whole.openapi}",\n` +
  `"info": {"title": "A slice of GitHub's REST API", "version": "${whole.info.version}", "license": {"name": "MIT"}},\n` +
  `"servers": [{"url": "https://api.github.com"}],\n` +
  `"paths": ${block(paths)},\n` +
  `"components": {\n${Object.entries(groups).map(([group, all]) => `"${group}": ${block(all)}`).join(",\n")}\n}\n}\n`;
JSON.parse(text);
writeFileSync(to, text);
console.log(`${to}: ${Object.keys(paths).length} paths, ${text.length} bytes`);
