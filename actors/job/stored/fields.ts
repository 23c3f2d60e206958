/**
 * Fields: reads a stored JSON object field by field, and refuses whatever it does not know.
 *
 * Intuition: what the store holds was written by this program. A field of the wrong type, or one
 * nobody has heard of, means another version or a damaged store: better a clear fault that names the
 * field than a job that silently lost half of its options.
 * @module
 */
import { Fault } from "../../../runtime/fault.ts";

/** The fault of a stored text that cannot be read; `what` names the part, `why` the field. */
export function corrupt(what: string, why: string): Fault {
  return new Fault("job.decode", "corrupt", { message: `${what}: ${why}` });
}

/** One stored JSON object. Every reader throws a `corrupt` fault that names the field. */
export class Fields {
  readonly #what: string;
  readonly #record: Readonly<Record<string, unknown>>;

  /** `known`: every field that the object may have. */
  constructor(value: unknown, { what, known }: { what: string; known: ReadonlySet<string> }) {
    this.#what = what;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw corrupt(what, "is not an object");
    }
    this.#record = value as Readonly<Record<string, unknown>>;
    for (const key in this.#record) {
      if (!known.has(key)) throw corrupt(what, `unknown field ${JSON.stringify(key)}`);
    }
  }

  /** The field's value, unread. */
  raw(key: string): unknown {
    return this.#record[key];
  }

  /** A finite number, or `absent` where there is none. */
  number<Absent>(key: string, absent: Absent): number | Absent {
    const value = this.#record[key];
    if (value === undefined) return absent;
    if (typeof value !== "number") throw this.wrong(key, "number");
    return value;
  }

  /** A text, or `absent` where there is none. */
  text<Absent>(key: string, absent: Absent): string | Absent {
    const value = this.#record[key];
    if (value === undefined) return absent;
    if (typeof value !== "string") throw this.wrong(key, "text");
    return value;
  }

  /** A list, empty where there is none; its items are the caller's to check. */
  list(key: string): readonly unknown[] {
    const value = this.#record[key];
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.wrong(key, "list");
    return value;
  }

  /** A list of texts, empty where there is none. */
  texts(key: string): readonly string[] {
    const list = this.list(key);
    for (const item of list) if (typeof item !== "string") throw this.wrong(key, "list of texts");
    return list as readonly string[];
  }

  /** The fault of a field that is not the `expected` thing. */
  wrong(key: string, expected: string): Fault {
    return corrupt(this.#what, `field ${JSON.stringify(key)} is not a ${expected}`);
  }
}

/** Parses JSON text; a text that is none is a `corrupt` fault of `what`. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corrupt(what, "is not JSON");
  }
}
