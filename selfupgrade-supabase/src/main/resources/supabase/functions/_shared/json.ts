/**
 * Reads JSON strictly and within limits: a name that stands twice in an object is refused, as are depth, lengths
 * and counts beyond the limits, which JSON.parse does not tell of.
 */

/** A number as it was written. */
export class Numeral {
  constructor(readonly text: string) {}
}

/** An array: its elements are checked and not kept, because no field that is asked for is in one. */
export class Elements {}

export type Json = null | boolean | string | Numeral | Elements | Members;
export type Members = Map<string, Json>;

export interface Limits {
  readonly depth: number;
  readonly name: number;
  readonly text: number;
  readonly number: number;
  readonly tokens: number;
}

/** The text is no JSON object, or is beyond a limit; deliberately without what was read. */
export class Malformed extends Error {}

/** Reads UTF-8 that is one JSON object and nothing else. */
export function readObject(bytes: Uint8Array, limits: Limits): Members {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Malformed();
  }
  return new Reader(text, limits).document();
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const BLANK = /[ \t\n\r]*/y;
const WORDS: [string, Json][] = [["true", true], ["false", false], ["null", null]];

class Reader {
  readonly #text: string;
  readonly #limits: Limits;
  #at = 0;
  #depth = 0;
  #tokens = 0;

  constructor(text: string, limits: Limits) {
    this.#text = text;
    this.#limits = limits;
  }

  document(): Members {
    this.#blank();
    if (this.#text[this.#at] !== "{") {
      throw new Malformed();
    }
    const members = this.#object();
    this.#blank();
    if (this.#at !== this.#text.length) {
      throw new Malformed();
    }
    return members;
  }

  #value(): Json {
    const first = this.#text[this.#at];
    if (first === "{") {
      return this.#object();
    }
    if (first === "[") {
      return this.#array();
    }
    this.#count();
    if (first === '"') {
      return this.#string(this.#limits.text);
    }
    for (const [word, value] of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  #object(): Members {
    const members: Members = new Map();
    this.#structure("}", () => {
      this.#count();
      if (this.#text[this.#at] !== '"') {
        throw new Malformed();
      }
      const name = this.#string(this.#limits.name);
      this.#blank();
      this.#take(":");
      this.#blank();
      if (members.has(name)) {
        throw new Malformed();
      }
      members.set(name, this.#value());
    });
    return members;
  }

  #array(): Elements {
    this.#structure("]", () => this.#value());
    return new Elements();
  }

  /** Reads what stands between a pair of brackets, with commas between. */
  #structure(end: string, element: () => void): void {
    this.#count();
    this.#depth++;
    if (this.#depth > this.#limits.depth) {
      throw new Malformed();
    }
    this.#at++;
    this.#blank();
    if (this.#text[this.#at] !== end) {
      element();
      this.#blank();
      while (this.#text[this.#at] === ",") {
        this.#at++;
        this.#blank();
        element();
        this.#blank();
      }
    }
    this.#take(end);
    this.#count();
    this.#depth--;
  }

  #string(longest: number): string {
    const start = this.#at;
    let at = start + 1;
    let escaped = false;
    for (;;) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        break;
      }
      // Not a number, beyond the end.
      if (!(code >= 0x20)) {
        throw new Malformed();
      }
      escaped ||= code === 0x5c;
      at += code === 0x5c ? 2 : 1;
    }
    this.#at = at + 1;
    const value = escaped ? unescaped(this.#text.slice(start, at + 1)) : this.#text.slice(start + 1, at);
    if (value.length > longest) {
      throw new Malformed();
    }
    return value;
  }

  #number(): Numeral {
    NUMBER.lastIndex = this.#at;
    const found = NUMBER.exec(this.#text);
    if (!found || found[0].length > this.#limits.number) {
      throw new Malformed();
    }
    this.#at += found[0].length;
    return new Numeral(found[0]);
  }

  #take(expected: string): void {
    if (this.#text[this.#at] !== expected) {
      throw new Malformed();
    }
    this.#at++;
  }

  #blank(): void {
    BLANK.lastIndex = this.#at;
    BLANK.exec(this.#text);
    this.#at = BLANK.lastIndex;
  }

  #count(): void {
    this.#tokens++;
    if (this.#tokens > this.#limits.tokens) {
      throw new Malformed();
    }
  }
}

function unescaped(literal: string): string {
  try {
    return JSON.parse(literal);
  } catch {
    throw new Malformed();
  }
}
