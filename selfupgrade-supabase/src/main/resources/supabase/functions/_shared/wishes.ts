import { answer } from "./answers.ts";
import { rows, unknownAgent } from "./database.ts";
import type { Values } from "./fields.ts";

/**
 * What is asked of an agent: rows, which its primary takes by the same way as ever. Nothing that a request says is
 * believed about what there is to install.
 */

interface Filed {
  request?: string;
  command?: string;
  filed: boolean;
}

/** Asks for a look at the releases, and an upgrade if there is one to make. */
export async function fileRequest(agent: string, values: Values): Promise<Response> {
  const key = keyOf(values);
  return told(
    await rows<Filed>((sql) => sql`select request, filed from selfupgrade.file_request(${agent}, ${key})`),
    key,
  );
}

/** Tells an agent to do something. */
export async function fileCommand(agent: string, kind: string, detail: unknown, values: Values): Promise<Response> {
  const key = keyOf(values);
  const text = JSON.stringify(detail);
  return told(
    await rows<Filed>((sql) =>
      sql`select command, filed from selfupgrade.file_command(${agent}, ${key}, ${kind}, ${text}::text::jsonb)`
    ),
    key,
  );
}

/** Asks for an upgrade and for a deployment after its good end: both or none. */
export async function fileUpgradeAndDeploy(agent: string, values: Values): Promise<Response> {
  const key = keyOf(values);
  return told(
    await rows<Filed>((sql) =>
      sql`select request, command, filed from selfupgrade.atomic_upgrade_and_deploy(${agent}, ${key})`
    ),
    key,
  );
}

/** Tells how an agent stands. */
export async function tellStatus(agent: string): Promise<Response> {
  const found = await rows<{ status: unknown }>((sql) =>
    sql`select selfupgrade.control_status(${agent}) || jsonb_build_object('hosts', selfupgrade.known_hosts(${agent}))
            as status`
  );
  const status = found[0]?.status;
  if (!status) {
    throw unknownAgent();
  }
  return answer(200, status);
}

/** One without a key is a wish of its own. */
function keyOf(values: Values): string {
  return values.key ?? crypto.randomUUID();
}

function told(filed: readonly Filed[], key: string): Response {
  const { request, command, filed: first } = filed[0];
  return answer(first ? 202 : 200, { status: first ? "queued" : "known", request, command, key });
}
