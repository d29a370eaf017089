/** The functions of a project behind one port, at the paths that the platform gives them; ends with its standard input. */

type Handler = (request: Request) => Response | Promise<Response>;

const listen = Deno.serve;
const handlers: Handler[] = [];
Object.defineProperty(Deno, "serve", { value: (handler: Handler) => handlers.push(handler) });
await import("./functions/self-upgrade/index.ts");
await import("./functions/agent-core/index.ts");
await import("./functions/health/index.ts");
await import("./functions/register/index.ts");
await import("./functions/github-webhook/index.ts");
const NAMES = ["self-upgrade", "agent-core", "health", "register", "github-webhook"];

listen({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(`port ${port}`) }, (request) => {
  const name = new URL(request.url).pathname.replace("/functions/v1/", "");
  const handler = handlers[NAMES.indexOf(name)];
  return handler
    ? handler(request)
    : Response.json({ code: "NOT_FOUND", message: "no such function" }, { status: 404 });
});

for await (const _ of Deno.stdin.readable) {
  // Nothing is said; the end of it is the end.
}
Deno.exit(0);
