// Cuts the events that this module reads out of GitHub's published webhook payloads and their schemas.
//
//   npm pack @octokit/webhooks-examples@7.6.1 @octokit/webhooks-schemas@7.6.1
//   for f in octokit-webhooks-*.tgz; do mkdir -p "${f%-7.6.1.tgz}" && tar xzf "$f" -C "${f%-7.6.1.tgz}"; done
//   node slice.mjs octokit-webhooks-examples/package/api.github.com/index.json \
//     octokit-webhooks-schemas/package/schema.json ../resources/webhooks
//
// Kept: every payload of the events below, and the schema of each with what it refers to. Left out of
// the schemas: prose, which checks nothing.
import { readFileSync, writeFileSync } from "node:fs";

const EVENTS = ["ping", "push", "release", "workflow_run"];

const [, , examples, schemas, to] = process.argv;

// A line for each payload, so that a change of GitHub's is a readable diff.
const payloads = JSON.parse(readFileSync(examples, "utf8"))
  .filter((event) => EVENTS.includes(event.name))
  .flatMap((event) => event.examples.map((payload) => ({ event: event.name, payload })));
if (new Set(payloads.map((each) => each.event)).size !== EVENTS.length) throw new Error("an event has no payload");
const lines = payloads.map((each) => JSON.stringify(each));
writeFileSync(`${to}/payloads.json`, `[\n${lines.join(",\n")}\n]\n`);

const { definitions } = JSON.parse(readFileSync(schemas, "utf8"));
const kept = {};
const waiting = Object.keys(definitions).filter((name) => EVENTS.includes(name.replace(/(\$.*|_event)$/, "")));
const lean = (node, names = false) => {
  if (Array.isArray(node)) return node.map((each) => lean(each));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") waiting.push(node.$ref.split("/").pop());
  const prose = ["description", "title", "tsAdditionalProperties", "$schema"];
  const entries = Object.entries(node).filter(([key, value]) => names || !(prose.includes(key) && typeof value !== "object"));
  return Object.fromEntries(entries.map(([key, value]) => [key, lean(value, !names && key === "properties")]));
};
while (waiting.length) {
  const name = waiting.pop();
  if (!kept[name]) kept[name] = lean(definitions[name]);
}
const blocks = Object.keys(kept).sort().map((name) => `${JSON.stringify(name)}: ${JSON.stringify(kept[name])}`);
writeFileSync(
  `${to}/schemas.json`,
  `{\n"$schema": "http://json-schema.org/draft-07/schema#",\n"definitions": {\n${blocks.join(",\n")}\n}\n}\n`,
);
console.log(`${payloads.length} payloads, ${blocks.length} definitions`);
