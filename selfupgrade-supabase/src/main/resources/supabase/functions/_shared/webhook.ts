import { printable, Refusal } from "./answers.ts";
import { type Json, Malformed, type Members, Numeral, readObject } from "./json.ts";
import { judge } from "./events.ts";
import { sameBytes } from "./keys.ts";
import { listed, setting } from "./settings.ts";

/** A delivery of GitHub, verified as GitHubWebhook verifies it: the same order, the same answers. */

export const LARGEST = 5 << 20;
const SHORTEST_SECRET = 16;
const LONGEST_HEADER = 200;
const LONGEST_VALUE = 500;
const LIMITS = { depth: 32, name: 500, text: 4 << 20, number: 100, tokens: 1_000_000 };

const SIGNATURE = /^sha256=[0-9a-f]{64}$/;
const EVENT = /^[a-z_]{1,64}$/;
const DELIVERY = /^[0-9A-Za-z-]{1,64}$/;
const JSON_TYPE = /^application\/json\s*(;.{0,100})?$/i;
const REPOSITORY = /^[A-Za-z0-9._-]{1,100}\/[A-Za-z0-9._-]{1,100}$/;

const EVENTS = ["ping", "release", "push", "workflow_run"];
const FIELDS = [
  "action",
  "repository.full_name",
  "release.tag_name",
  "release.draft",
  "ref",
  "after",
  "deleted",
  "workflow_run.path",
  "workflow_run.conclusion",
  "workflow_run.id",
  "hook_id",
];

/** What is followed, and the secrets that deliveries are signed with. */
export interface Settings {
  readonly repository: string;
  readonly branches: string[];
  readonly workflows: string[];
  readonly secrets: Uint8Array<ArrayBuffer>[];
}

/** A delivery that asks for something; its digest names the body, and nothing can be signed with it. */
export interface Accepted {
  readonly asksForLook: boolean;
  readonly subject: string;
  readonly delivery: string;
  readonly digest: string;
}

export type Verdict = Accepted | { readonly ignored: string };

export function settings(): Settings {
  const secrets = [secret("SELFUPGRADE_WEBHOOK_SECRET")];
  if (Deno.env.get("SELFUPGRADE_WEBHOOK_SECRET_PREVIOUS")) {
    secrets.push(secret("SELFUPGRADE_WEBHOOK_SECRET_PREVIOUS"));
  }
  return {
    repository: setting("SELFUPGRADE_REPOSITORY", REPOSITORY, "the repository whose webhook it is, as in acme/my-bot"),
    branches: listed("SELFUPGRADE_PUSHES_TO"),
    workflows: listed("SELFUPGRADE_RUNS_OF"),
    secrets,
  };
}

function secret(name: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(Deno.env.get(name) ?? "");
  if (bytes.length < SHORTEST_SECRET) {
    throw new Refusal(
      500,
      "not_configured",
      `${name} has fewer than ${SHORTEST_SECRET} bytes: enter a long random one, here and at GitHub`,
    );
  }
  return bytes;
}

/** Returns the signature, before anything else is read. */
export function requireSignature(headers: Headers): Uint8Array {
  const value = headers.get("x-hub-signature-256");
  if (value === null) {
    throw unsigned("X-Hub-Signature-256 is absent: enter the secret at the webhook");
  }
  if (!SIGNATURE.test(value)) {
    throw unsigned("X-Hub-Signature-256: expected one value, sha256= and 64 lower-case hexadecimal digits");
  }
  return Uint8Array.from(value.slice("sha256=".length).match(/../g)!, (pair) => parseInt(pair, 16));
}

function unsigned(why: string): Refusal {
  return new Refusal(401, "unauthorized", why);
}

/** Verifies a delivery; nothing of its body is looked at before its signature is good. */
export async function verified(
  followed: Settings,
  headers: Headers,
  signature: Uint8Array,
  body: Uint8Array<ArrayBuffer>,
): Promise<Verdict> {
  let good = false;
  for (const secret of followed.secrets) {
    const equal = sameBytes(signature, await mac(secret, body));
    good = good || equal;
  }
  if (!good) {
    throw unsigned("the signature is not that of the body: compare the secrets of webhook and agent");
  }
  const event = one(headers, "X-GitHub-Event", EVENT);
  const delivery = one(headers, "X-GitHub-Delivery", DELIVERY);
  if (!JSON_TYPE.test(one(headers, "Content-Type"))) {
    throw new Refusal(
      415,
      "unsupported_media_type",
      "the webhook sends another content type: set it to application/json",
    );
  }
  if (!EVENTS.includes(event)) {
    return { ignored: `event ${event} is not one of [${EVENTS.join(", ")}]` };
  }
  const judged = judge(followed, event, fieldsOf(body));
  if ("ignored" in judged) {
    return { ignored: printable(judged.ignored, 100) };
  }
  const subject = [event, judged.action, printable(judged.subject, 100)].join(" ").replaceAll("  ", " ").trim();
  return { asksForLook: event !== "ping", subject, delivery, digest: hex(await sha256(signature)) };
}

async function mac(secret: Uint8Array<ArrayBuffer>, body: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, body));
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the one value of a header; several of a name reach a function as one, with commas between. */
function one(headers: Headers, name: string, shape?: RegExp): string {
  const value = headers.get(name);
  if (value === null || value.length > LONGEST_HEADER || value.includes(",")) {
    throw new Refusal(
      400,
      "bad_header",
      `${name}: expected one value, of at most ${LONGEST_HEADER} characters`,
    );
  }
  if (shape && !shape.test(value)) {
    throw new Refusal(400, "bad_header", `${name}: expected ${shape.source.slice(1, -1)}`);
  }
  return value;
}

function fieldsOf(body: Uint8Array): Map<string, string> {
  try {
    const found = new Map<string, string>();
    collect(readObject(body, LIMITS), "", found);
    return found;
  } catch (trouble) {
    if (trouble instanceof Malformed) {
      throw new Refusal(400, "malformed", "the body is not the JSON of a GitHub event, or beyond the limits for one");
    }
    throw trouble;
  }
}

function collect(members: Members, prefix: string, found: Map<string, string>): void {
  for (const [name, value] of members) {
    const path = prefix + name;
    if (value instanceof Map) {
      if (FIELDS.some((field) => field.startsWith(path + "."))) {
        collect(value, path + ".", found);
      }
    } else if (FIELDS.includes(path)) {
      const text = textOf(value);
      if (text !== undefined) {
        found.set(path, text);
      }
    }
  }
}

function textOf(value: Json): string | undefined {
  if (typeof value === "string") {
    if (value.length > LONGEST_VALUE) {
      throw new Malformed();
    }
    return value;
  }
  return value instanceof Numeral ? value.text : typeof value === "boolean" ? String(value) : undefined;
}
