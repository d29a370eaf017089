// Cuts the part that this module's tests need out of GitHub's GraphQL schema.
//
//   npm pack @octokit/graphql-schema@15.26.1 && tar xzf octokit-graphql-schema-15.26.1.tgz
//   node slice.mjs package/schema.json ../resources/graphql/github.json
//
// Kept: the mutations below, every input that they take, and the fields of their answers that are
// named here. Left out: prose.
import { readFileSync, writeFileSync } from "node:fs";

const MUTATIONS = ["createCommitOnBranch"];
const ANSWERS = {
  CreateCommitOnBranchPayload: ["clientMutationId", "commit", "ref"],
  Commit: ["oid", "signature"],
  GitSignature: ["isValid", "state", "wasSignedByGitHub"],
};

const [, , from, to] = process.argv;
const types = new Map(JSON.parse(readFileSync(from, "utf8")).__schema.types.map((type) => [type.name, type]));

/** Writes a type as the schema language does. */
const written = (type) =>
  type.kind === "NON_NULL" ? `${written(type.ofType)}!` : type.kind === "LIST" ? `[${written(type.ofType)}]` : type.name;
const bare = (text) => text.replace(/[[\]!]/g, "");
const fields = (list) => Object.fromEntries(list.map((field) => [field.name, written(field.type)]));

const mutations = {};
const inputs = {};
const waiting = [];
for (const name of MUTATIONS) {
  const mutation = types.get("Mutation").fields.find((field) => field.name === name);
  mutations[name] = { arguments: fields(mutation.args), answer: written(mutation.type) };
  waiting.push(...Object.values(mutations[name].arguments).map(bare));
}
while (waiting.length) {
  const type = types.get(waiting.pop());
  if (type.kind !== "INPUT_OBJECT" || inputs[type.name]) continue;
  inputs[type.name] = fields(type.inputFields);
  waiting.push(...Object.values(inputs[type.name]).map(bare));
}
const answers = {};
for (const [name, kept] of Object.entries(ANSWERS)) {
  answers[name] = fields(types.get(name).fields.filter((field) => kept.includes(field.name)));
}

writeFileSync(to, JSON.stringify({ mutations, inputs, answers }, null, 1) + "\n");
console.log(`${to}: ${Object.keys(inputs).length} inputs`);
