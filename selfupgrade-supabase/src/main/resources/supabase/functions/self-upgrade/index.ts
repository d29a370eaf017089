/**
 * Asks an agent to look for releases, to upgrade, to deploy. It is the agent that does so, by its own checks and
 * signatures: a function may compute for two seconds, and cannot host it.
 */
import { serveActions } from "../_shared/control.ts";
import { type Field, KEY_FIELD } from "../_shared/fields.ts";
import { redeploy } from "../_shared/redeploy.ts";
import { fileCommand, fileRequest, fileUpgradeAndDeploy, tellStatus } from "../_shared/wishes.ts";

const VERSION: Field = {
  shape: /^(?=.{1,64}$)[0-9]{1,18}\.[0-9]{1,18}\.[0-9]{1,18}([-+][0-9A-Za-z.+-]+)?$/,
  expected: "a version such as 1.4.0",
};

const check = { fields: { key: KEY_FIELD }, run: fileRequest };

serveActions("self-upgrade", {
  check,
  pull: check,
  deploy: {
    fields: { key: KEY_FIELD, version: VERSION },
    run: (agent, values) =>
      fileCommand(agent, "DEPLOY", values.version === undefined ? {} : { version: values.version }, values),
  },
  upgrade_and_deploy: { fields: { key: KEY_FIELD }, run: fileUpgradeAndDeploy },
  redeploy: { fields: {}, run: redeploy },
  status: { fields: {}, run: tellStatus },
});
