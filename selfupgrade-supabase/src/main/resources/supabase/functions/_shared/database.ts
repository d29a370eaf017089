import postgres from "postgres";
import { printable, Refusal } from "./answers.ts";

/** Connecting and the answer together; with a body's time less than the 10 s that GitHub waits. */
const LONGEST_MILLIS = 5000;
/** The server gives up before the caller does, so that nothing waits for nobody. */
const STATEMENT_MILLIS = 4000;
const RETRY_SECONDS = "10";
const ROOM_SECONDS = "60";

const NOT_SET_UP = ["3F000", "42P01", "42883", "42703"];
const NO_RIGHT = ["42501"];
/** What the functions of the schema raise; shapes are checked before they are called. */
const NO_DATA = "P0002";
const BAD_PARAMETER = "22023";
const NO_ROOM = "53400";
const MAY_PASS = ["08", "53", "57", "58", "40", "55P03", "25006"];

let pool: postgres.Sql | undefined;

/** Asks the database one question, in a given time. */
export async function rows<T>(ask: (sql: postgres.Sql) => PromiseLike<readonly T[]>): Promise<readonly T[]> {
  const used = pool ??= connect();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late()), LONGEST_MILLIS);
  });
  try {
    return await Promise.race([ask(used), late]);
  } catch (trouble) {
    if (trouble instanceof Late && pool === used) {
      // What hangs may hang for hours: the next question gets connections of its own.
      pool = undefined;
      used.end({ timeout: 0 }).catch(() => {});
    }
    throw judged(trouble);
  } finally {
    clearTimeout(timer);
  }
}

class Late extends Error {}

function connect(): postgres.Sql {
  const url = Deno.env.get("SUPABASE_DB_URL");
  if (!url) {
    throw new Refusal(500, "not_configured", "SUPABASE_DB_URL is not set: the platform sets it for every function");
  }
  try {
    return postgres(url, {
      max: 2,
      // No session state. A pooler in transaction mode does if it takes the parameter below: PgBouncer refuses a connection
      // that asks for it, unless its ignore_startup_parameters has statement_timeout.
      prepare: false,
      fetch_types: false,
      idle_timeout: 20,
      connect_timeout: 4,
      // A request comes when it comes: no pause after a failure, each tries for itself.
      backoff: () => 0,
      // Inside the platform's network; its own stack on a developer's machine has no TLS. What the URL says counts.
      ...(/[?&]sslmode=/.test(url) ? {} : { ssl: "prefer" as const }),
      connection: { application_name: "selfupgrade-functions", statement_timeout: STATEMENT_MILLIS },
      onnotice: () => {},
    });
  } catch {
    // Without the trouble, whose message has the URL and so the password in it.
    throw new Refusal(500, "not_configured", "SUPABASE_DB_URL is no URL of a database: expected postgresql://...");
  }
}

export function unknownAgent(): Refusal {
  return new Refusal(
    404,
    "unknown_agent",
    "there is no agent of that name in this database: name one that has been started once",
  );
}

function judged(trouble: unknown): Refusal {
  if (trouble instanceof Refusal) {
    return trouble;
  }
  const code = codeOf(trouble);
  console.error(`database: ${code} ${trouble instanceof Error ? printable(trouble.message, 200) : ""}`);
  if (code === NO_ROOM) {
    return new Refusal(
      429,
      "too_many",
      "as much waits for this agent as may wait: repeat the request, with the same key if it has one, when the agent has " +
        "answered; if it does not, see whether it runs",
      { "retry-after": ROOM_SECONDS },
    );
  }
  if (!(trouble instanceof postgres.PostgresError) || MAY_PASS.some((each) => code.startsWith(each))) {
    return new Refusal(
      503,
      "unavailable",
      "the database cannot be reached or did not answer in time: repeat the request, with the same key if it has one; " +
        "if this stays, see whether the project is paused",
      { "retry-after": RETRY_SECONDS },
    );
  }
  if (NOT_SET_UP.includes(code)) {
    return new Refusal(
      500,
      "not_set_up",
      "schema selfupgrade is missing, or older than these functions: apply the migrations, as by supabase db push",
    );
  }
  if (NO_RIGHT.includes(code) || code.startsWith("28")) {
    return new Refusal(
      500,
      "not_allowed",
      "the database does not let the function in: SUPABASE_DB_URL has to be that of the owner of schema selfupgrade, " +
        "or of a member of selfupgrade_agent",
    );
  }
  if (code === NO_DATA) {
    return unknownAgent();
  }
  if (code === BAD_PARAMETER) {
    return new Refusal(409, "key_in_use", "the key was used for another wish: send another key for this one");
  }
  return new Refusal(500, "database", `the database has refused this with ${code}: see the function's logs`);
}

function codeOf(trouble: unknown): string {
  return typeof trouble === "object" && trouble !== null && "code" in trouble
    ? printable(String(trouble.code), 40)
    : trouble instanceof Late
    ? "no answer in time"
    : "unknown";
}
