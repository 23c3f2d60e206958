/**
 * Smtp: sends one mail over a connection of its own, whose address was checked.
 *
 * Intuition: as with HTTP, the name is resolved once, here, and the address that is approved is the one that
 * is connected to; the certificate must still be the name's.
 * @module
 */
import { lookup } from "node:dns/promises";
import { isAddress } from "../../executor/builtin/addresses.ts";
import { AddressRefusedError } from "../../executor/builtin/http_request.ts";
import type { MailMessage } from "../channels/email.ts";

/** How long each part of the conversation may take, ms: all of it within an attempt. */
const SMTP_STEP_MS = 10_000;

/** What a mail is sent with. */
export interface SmtpRules {
  /** `smtp://user@host:port` or `smtps://…`; a password in it is not looked at. */
  readonly url: URL;
  readonly password: string | null;
  readonly requireTls: boolean;
  readonly allows: (address: string) => boolean;
  readonly signal: AbortSignal;
}

/** Sends `mail`; resolves with the recipients whom the server refused, rejects when it refused all or could not be had. */
export async function sendMail(
  { from, to, subject, text, messageId, headers }: MailMessage,
  { url, password, requireTls, allows, signal }: SmtpRules,
): Promise<readonly string[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const address = await approved(host, allows);
  const { createTransport } = await import("./deps.ts");
  const secure = url.protocol === "smtps:";
  const user = decodeURIComponent(url.username);
  const transport = createTransport({
    host: address,
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: requireTls,
    tls: { servername: isAddress(host) ? "" : host },
    ...(user !== "" && { auth: { user, pass: password ?? "" } }),
    connectionTimeout: SMTP_STEP_MS,
    greetingTimeout: SMTP_STEP_MS,
    socketTimeout: SMTP_STEP_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const stop = () => transport.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const sent = await transport.sendMail({
      from,
      to: [...to],
      subject,
      text,
      messageId,
      headers: { ...headers },
    });
    return sent.rejected.map(String);
  } finally {
    signal.removeEventListener("abort", stop);
    transport.close();
  }
}

/** The address of `host`, every one of which must be allowed. */
async function approved(host: string, allows: (address: string) => boolean): Promise<string> {
  const found = isAddress(host)
    ? [host]
    : (await lookup(host, { all: true })).map(({ address }) => address);
  const bad = found.find((address) => !allows(address));
  const [first] = found;
  if (bad !== undefined) throw new AddressRefusedError(`${host} is not a public address`);
  if (first === undefined) throw new Error(`${host} stands for no address`);
  return first;
}
