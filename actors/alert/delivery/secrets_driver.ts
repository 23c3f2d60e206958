/**
 * Secrets: reads what channels need to know and nobody may see, each time it is needed: a secret that was
 * renewed needs no restart.
 *
 * Invariant: SC1. A secret is in no error, log line or job: whatever a receiver says is cleaned of it.
 * @module
 */
import type { AddressSource, SecretSource } from "../channel.ts";

/** Where secrets are read. */
export interface SecretStore {
  readonly env: (name: string) => string | undefined;
  readonly readFile: (path: string) => Promise<string>;
}

/** A secret that is not where it should be. It may come: what needs it is tried again. */
export class SecretMissingError extends Error {
  override readonly name = "SecretMissingError";
}

/** The secrets of one delivery. */
export class Secrets {
  readonly #known: string[] = [];

  constructor(private readonly store: SecretStore) {}

  /** The secret, without white space around it. Rejects with {@link SecretMissingError}. */
  async read(source: SecretSource): Promise<string> {
    const text =
      (source.kind === "env" ? this.#variable(source.name) : await this.#file(source.path))
        .trim();
    if (text === "") throw new SecretMissingError(`${placeOf(source)} is empty`);
    this.#known.push(text);
    return text;
  }

  /** A secret that is known without reading; it is in nothing that is said either. */
  keep(text: string): string {
    this.#known.push(text);
    return text;
  }

  /** The secret, where there is one. */
  readIf(source: SecretSource | null): Promise<string | null> {
    return source === null ? Promise.resolve(null) : this.read(source);
  }

  /** An address, which counts as a secret too. */
  async address(source: AddressSource): Promise<URL> {
    let text: string;
    if (source.kind === "plain") {
      text = source.url;
      this.#known.push(text);
    } else text = await this.read(source);
    if (!URL.canParse(text)) {
      throw new SecretMissingError(`${placeOf(source)} holds no address`);
    }
    const url = new URL(text);
    const parts = [url.href, decodeURIComponent(url.password), url.password, pathOf(url)];
    this.#known.push(...parts.filter((part) => part.length > 1));
    return url;
  }

  /** `text` without any secret that was read (SC1). */
  clean(text: string): string {
    return this.#known.reduce((cleaned, secret) => cleaned.replaceAll(secret, "[secret]"), text);
  }

  #variable(name: string): string {
    const text = this.store.env(name);
    if (text === undefined) throw new SecretMissingError(`the variable ${name} is not set`);
    return text;
  }

  async #file(path: string): Promise<string> {
    try {
      return await this.store.readFile(path);
    } catch {
      throw new SecretMissingError(`the file ${path} cannot be read`);
    }
  }
}

function placeOf(source: AddressSource): string {
  switch (source.kind) {
    case "env":
      return `the variable ${source.name}`;
    case "file":
      return `the file ${source.path}`;
    case "plain":
      return "the address";
  }
}

/** A short path is no secret, and would take harmless slashes out of a text. */
function pathOf(url: URL): string {
  return url.pathname.length > 8 ? url.pathname + url.search : "";
}
