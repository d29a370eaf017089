import { printable, Refusal } from "./answers.ts";
import { readBody } from "./body.ts";
import { type Json, Malformed, type Members, Numeral, readObject } from "./json.ts";
import { AGENT } from "./settings.ts";

/** What a field of a body may hold. */
export interface Field {
  readonly shape: RegExp;
  readonly expected: string;
  readonly required?: boolean;
  readonly number?: boolean;
}

export type Schema = Readonly<Record<string, Field>>;
export type Values = Readonly<Record<string, string | undefined>>;

const LARGEST = 16 << 10;
const LIMITS = { depth: 4, name: 100, text: 4096, number: 20, tokens: 100 };
const JSON_TYPE = /^application\/json\s*(;.{0,100})?$/i;

export const AGENT_FIELD: Field = { shape: AGENT, expected: "an agent's name" };
/** Names a wish: who repeats it with the same key has no second effect. */
export const KEY_FIELD: Field = { shape: /^[!-~]{1,100}$/, expected: "1 to 100 printable characters without blanks" };

/** Reads a body of at most 16 KiB that is one JSON object. */
export async function readMembers(request: Request): Promise<Members> {
  if (!JSON_TYPE.test(request.headers.get("content-type") ?? "")) {
    throw new Refusal(415, "unsupported_media_type", "send the body as JSON, with content-type: application/json");
  }
  const body = await readBody(request, LARGEST);
  try {
    return readObject(body, LIMITS);
  } catch (trouble) {
    if (trouble instanceof Malformed) {
      throw new Refusal(400, "malformed", "the body is no JSON object, has a name twice, or is nested too deeply");
    }
    throw trouble;
  }
}

/** Checks that an object has the fields of a schema, of their shapes, and no other. */
export function validated(members: Members, schema: Schema): Values {
  for (const name of members.keys()) {
    if (!Object.hasOwn(schema, name)) {
      const known = Object.keys(schema).join(", ");
      throw new Refusal(400, "unknown_field", `field "${printable(name, 40)}" is not known here: expected ${known}`);
    }
  }
  const values: Record<string, string | undefined> = {};
  for (const [name, field] of Object.entries(schema)) {
    const member = members.get(name);
    if (member === undefined) {
      if (field.required) {
        throw new Refusal(400, "missing_field", `field "${name}" is absent: expected ${field.expected}`);
      }
      continue;
    }
    const value = textOf(member, field);
    if (value === undefined || !field.shape.test(value)) {
      throw new Refusal(400, "bad_field", `field "${name}" has another shape: expected ${field.expected}`);
    }
    values[name] = value;
  }
  return values;
}

function textOf(member: Json, field: Field): string | undefined {
  if (field.number) {
    return member instanceof Numeral ? member.text : undefined;
  }
  return typeof member === "string" ? member : undefined;
}
