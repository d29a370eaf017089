/** What functions answer: JSON, and for each refusal a code for programs and a sentence for people. */

const HEADERS = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
};

/** Why a request is not carried out, and what to do about it; never a secret, SQL or a stack. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
  }
}

export function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } });
}

export function refused(refusal: Refusal): Response {
  return answer(refusal.status, { error: { code: refusal.code, message: refusal.message } }, refusal.headers);
}

/** Makes text of others fit to be shown: short and plain. */
export function printable(text: string, longest: number): string {
  const plain = text.replace(/[^ -~]/gu, "?");
  return plain.length <= longest ? plain : plain.slice(0, longest) + "...";
}
