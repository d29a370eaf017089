import { Refusal } from "./answers.ts";

/** Names of agents, as the library has them. */
export const AGENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** Returns the agent that a project's functions are about, unless a request names another one. */
export function agentName(): string {
  return setting("SELFUPGRADE_AGENT", AGENT, "the agent's name, as it is given to SelfUpgrade.builder(...)");
}

/** Returns a setting that has to be there. */
export function setting(name: string, shape: RegExp, what: string): string {
  const value = Deno.env.get(name)?.trim() ?? "";
  if (!shape.test(value)) {
    throw new Refusal(
      500,
      "not_configured",
      `${name} is ${value ? "not usable" : "not set"}: set it to ${what}, as by supabase secrets set`,
    );
  }
  return value;
}

/** Returns a setting that is a list with commas, and may be absent. */
export function listed(name: string): string[] {
  return (Deno.env.get(name) ?? "").split(",").map((each) => each.trim()).filter((each) => each.length > 0);
}
