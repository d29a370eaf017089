import { Refusal, refused } from "./answers.ts";

type Handler = (request: Request) => Promise<Response>;

/** Serves a function: whatever goes wrong becomes an answer that tells the caller no more than it should. */
export function serve(name: string, handler: Handler): void {
  Deno.serve(async (request) => {
    try {
      return await handler(request);
    } catch (trouble) {
      await letGo(request);
      if (trouble instanceof Refusal) {
        return refused(trouble);
      }
      console.error(`${name}: ${placeOf(trouble)}`);
      return refused(
        new Refusal(500, "internal", `the function ${name} has failed: see its logs in the project's dashboard`),
      );
    }
  });
}

/** Where something went wrong, without its message, which may hold what nobody should read. */
function placeOf(trouble: unknown): string {
  if (!(trouble instanceof Error)) {
    return typeof trouble;
  }
  const frames = (trouble.stack ?? "").split("\n").filter((line) => /^ +at /.test(line));
  return [trouble.name, ...frames].join("\n");
}

/** Refuses other methods. */
export function requireMethod(request: Request, ...methods: string[]): void {
  if (!methods.includes(request.method)) {
    const expected = methods.join(" or ");
    throw new Refusal(405, "method_not_allowed", `this method is not known here: send ${expected}`, {
      allow: methods.join(", "),
    });
  }
}

/** A body that nobody will read is not waited for. */
async function letGo(request: Request): Promise<void> {
  if (request.body && !request.bodyUsed) {
    await request.body.cancel().catch(() => {});
  }
}
