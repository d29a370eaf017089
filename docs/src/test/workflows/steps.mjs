// Prints the scripts of a workflow's steps, for a test to run: job, step and script, the script in base64.
import { readFileSync } from "node:fs";
import { parse } from "yaml";

for (const [job, { steps }] of Object.entries(parse(readFileSync(process.argv[2], "utf8")).jobs)) {
  for (const step of steps.filter((each) => each.run)) {
    console.log([job, step.name, Buffer.from(step.run).toString("base64")].join("\t"));
  }
}
