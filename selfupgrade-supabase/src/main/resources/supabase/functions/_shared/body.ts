import { Refusal } from "./answers.ts";

/** GitHub waits 10 s for its answer, and the database is asked after this. */
const LONGEST_MILLIS = 4000;

/** Reads a body as it was sent, and no more of it than a limit, whatever its length is said to be. */
export async function readBody(request: Request | Response, largest: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new Refusal(413, "too_large", `the body is larger than ${largest} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > largest) {
    throw tooLarge();
  }
  if (!request.body) {
    return new Uint8Array(0);
  }
  const reader = request.body.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, LONGEST_MILLIS);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      length += value.length;
      if (length > largest) {
        throw tooLarge();
      }
      parts.push(value);
    }
  } catch (trouble) {
    reader.cancel().catch(() => {});
    throw trouble instanceof Refusal
      ? trouble
      : new Refusal(400, "cut_off", "the body ended before its end: send the request again");
  } finally {
    clearTimeout(timer);
  }
  if (late) {
    throw new Refusal(408, "too_slow", `the body did not arrive within ${LONGEST_MILLIS} ms: send it again`);
  }
  return joined(parts, length);
}

function joined(parts: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
