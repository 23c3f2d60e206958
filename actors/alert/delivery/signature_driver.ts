/**
 * Signature: the headers of Standard Webhooks, for whatever is sent to somebody's HTTP server.
 *
 * Source: standardwebhooks.com, specification 1.0, symmetric signatures.
 * @module
 */
import { createHmac } from "node:crypto";
import { secretKey, signedContent } from "../channels/webhook.ts";

/** The headers of the message `id` with this `body`, sent at `nowMs`; without a secret it is not signed. */
export function standardHeaders(
  { id, body, nowMs, secret }: {
    readonly id: string;
    readonly body: string;
    readonly nowMs: number;
    readonly secret: string | null;
  },
): Record<string, string> {
  const timestampS = Math.floor(nowMs / 1_000);
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestampS) };
  if (secret === null) return headers;
  const content = signedContent({ id, timestampS, body });
  const signature = createHmac("sha256", secretKey(secret)).update(content).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}
