import { Refusal } from "./answers.ts";

/**
 * Who may call is decided here, whatever `verify_jwt` says: that lets everybody in who has the project's public key.
 *
 * Supabase's secret keys (`sb_secret_...`) are no tokens and come in the header `apikey`; the legacy service_role key
 * is one, and comes as `Authorization: Bearer` or in `apikey` (Supabase Docs, "Understanding API keys").
 */

/** No key of Supabase is shorter: an empty setting lets nobody in. */
const SHORTEST = 20;
const LONGEST = 4096;
const SHAPES = "a secret key of the project (sb_secret_...) in the header apikey, or its legacy service_role key as " +
  "Authorization: Bearer";

/** Lets a request in that has one of the project's secret keys. */
export async function authenticate(request: Request): Promise<void> {
  const legacy = usable([Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")]);
  const secret = usable(secretKeys());
  if (legacy.length + secret.length === 0) {
    throw new Refusal(
      500,
      "not_configured",
      "the function knows no key to let anybody in: SUPABASE_SECRET_KEYS and SUPABASE_SERVICE_ROLE_KEY are both not set",
    );
  }
  const key = request.headers.get("apikey") ?? "";
  const token = (request.headers.get("authorization") ?? "").replace(/^Bearer +/i, "");
  const byKey = await isOneOf(key, [...secret, ...legacy]);
  const byToken = await isOneOf(token, legacy);
  if (!byKey && !byToken) {
    throw new Refusal(401, "unauthorized", whyNot(key, token), { "www-authenticate": "Bearer" });
  }
}

function whyNot(key: string, token: string): string {
  if (token.startsWith("sb_")) {
    return `a key that begins with sb_ is no token: send ${SHAPES}`;
  }
  if (key || token) {
    return `the key is not accepted here, as publishable and anon keys are not: send ${SHAPES}`;
  }
  return `the key is absent: send ${SHAPES}`;
}

function secretKeys(): unknown[] {
  try {
    const keys = JSON.parse(Deno.env.get("SUPABASE_SECRET_KEYS") || "{}");
    return typeof keys === "object" && keys !== null ? Object.values(keys) : [];
  } catch {
    console.error("SUPABASE_SECRET_KEYS is not JSON: expected a dictionary of names and keys");
    return [];
  }
}

function usable(keys: unknown[]): string[] {
  return keys.filter((key) => typeof key === "string").filter((key) => key.length >= SHORTEST);
}

/** Takes as long for one that is known as for one that is not. */
async function isOneOf(given: string, known: string[]): Promise<boolean> {
  const seen = await digest(given.slice(0, LONGEST));
  let found = false;
  for (const key of known) {
    const equal = sameBytes(seen, await digest(key));
    found = found || equal;
  }
  return found;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Compares without stopping at the first difference. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) {
    difference |= one[at] ^ other[at % other.length];
  }
  return difference === 0;
}
