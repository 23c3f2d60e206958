/**
 * SmtpServer: a mail server for tests: it speaks as much of SMTP as a client needs, keeps what it takes, and can be
 * told to refuse for now.
 * Source: RFC 5321, RFC 4954 (AUTH PLAIN).
 * @module
 */
import { eventually } from "./eventually.ts";

/** One mail that it took. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header lines and text, as they came. */
  readonly text: string;
  /** `user:password`, when the client said so. */
  readonly login: string | null;
}

/** The server. */
export class SmtpServer implements AsyncDisposable {
  readonly mails: TakenMail[] = [];
  /** Recipients are answered with "try again later" while this is true. */
  busy = false;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #serving: Promise<void>;

  private constructor() {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#serving = this.#serve();
  }

  /** Listens on a free port of this machine. */
  static start(): SmtpServer {
    return new SmtpServer();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits until it has taken `count` mails. */
  async took(count: number, withinMs = 15_000): Promise<readonly TakenMail[]> {
    return await eventually(() => this.mails.length >= count ? this.mails : undefined, {
      what: () => `${count} mails; there were ${this.mails.length}`,
      withinMs,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const talks: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) {
        this.#open.add(connection);
        talks.push(this.#talk(connection).finally(() => this.#open.delete(connection)));
      }
    } catch {
      // It was closed.
    }
    await Promise.allSettled(talks);
  }

  async #talk(connection: Deno.TcpConn): Promise<void> {
    const say = async (line: string) => {
      await connection.write(new TextEncoder().encode(`${line}\r\n`));
    };
    const mail = { from: "", to: [] as string[], login: null as string | null };
    await say("220 test ESMTP");
    const lines = linesOf(connection);
    for await (const line of lines) {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "EHLO") {
        await say("250-test");
        await say("250 AUTH PLAIN");
      } else if (verb === "AUTH") {
        const [, user = "", password = ""] = atob(line.split(" ").at(-1) ?? "").split("\0");
        mail.login = `${user}:${password}`;
        await say("235 ok");
      } else if (verb === "MAIL") {
        mail.from = addressIn(line);
        await say("250 ok");
      } else if (verb === "RCPT") {
        if (this.busy) await say("450 later");
        else {
          mail.to.push(addressIn(line));
          await say("250 ok");
        }
      } else if (verb === "DATA") {
        await say("354 go on");
        const text: string[] = [];
        for await (const part of lines) {
          if (part === ".") break;
          text.push(part);
        }
        this.mails.push({ ...mail, text: text.join("\n") });
        await say("250 taken");
      } else if (verb === "QUIT") {
        await say("221 bye");
        return connection.close();
      } else await say("502 what?");
    }
  }
}

/** The lines of a connection; a loop over them can be left and begun again. */
function linesOf(connection: Deno.TcpConn): AsyncIterableIterator<string> {
  const reader = connection.readable.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const next = async (): Promise<IteratorResult<string>> => {
    for (;;) {
      const end = rest.indexOf("\r\n");
      if (end !== -1) {
        const value = rest.slice(0, end);
        rest = rest.slice(end + 2);
        return { done: false, value };
      }
      const read = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (read.done) return { done: true, value: undefined };
      rest += read.value;
    }
  };
  return { next, [Symbol.asyncIterator]: () => linesIterator(next) };
}

function linesIterator(next: () => Promise<IteratorResult<string>>): AsyncIterableIterator<string> {
  const iterator: AsyncIterableIterator<string> = { next, [Symbol.asyncIterator]: () => iterator };
  return iterator;
}

function addressIn(line: string): string {
  return /<([^>]*)>/.exec(line)?.[1] ?? "";
}
