/**
 * WebhookRequest: what users send about webhooks.
 * @module
 */
import { JOB_STATES } from "../../actors/job/messages.ts";
import type { WebhookTerms } from "../../actors/webhook/feed/messages.ts";
import { z } from "../../deps.ts";
import { instant, jobStateName, usersName, whole } from "../schemas/fields.ts";
import type { FieldError } from "../schemas/validate.ts";

/** Longest address, and most patterns of one list. */
const URL_CHARS_MAX = 2_000;
const PATTERNS_MAX = 50;
/** Events of one request: as many as one turn of sending has. */
const BATCH_MAX = 100;
const SEQUENCE_MAX = 1e12;

/** What a node lets webhooks do. */
export interface WebhookRules {
  readonly allowHttp: boolean;
  /** Whether there is a folder of secrets. */
  readonly secretFiles: boolean;
}

/** A webhook's name. */
export const webhookName = usersName.meta({ id: "WebhookName" });

const PATTERN_RULE = "must be 1 to 200 characters";
const pattern = z.string().min(1, PATTERN_RULE).max(200, PATTERN_RULE);
const patterns = z.array(pattern).max(PATTERNS_MAX).default([])
  .meta({ description: "Any of them; `*` stands for any text. Empty: all." });

const SECRET_RULE = "must be whsec_ and 24 to 64 bytes in base64, or 24 to 200 other characters";
const secretText = z.string().refine(isSecret, SECRET_RULE);
const ENV_RULE = "must be a variable that begins with ORRERY_WEBHOOK_";
const FILE_RULE = "must be a file's name in the folder of secrets, 1 to 100 of A-Z a-z 0-9 . _ -";

const settings = {
  url: z.string().min(1).max(URL_CHARS_MAX)
    .meta({ description: "An address that begins with https, or http on this machine." }),
  description: z.string().max(500).nullable().default(null),
  states: z.array(jobStateName).max(JOB_STATES.length).default([])
    .meta({ description: "States whose beginning is told. Empty: all." }),
  queues: patterns,
  names: patterns,
  tags: patterns,
  progress: z.boolean().default(false)
    .meta({ description: "Whether progress within an attempt is told too." }),
  batch: whole(1, BATCH_MAX).default(1)
    .meta({ description: "Events of one request at most; above 1 they are a JSON array." }),
  secret: secretText.optional().meta({ writeOnly: true, description: "It is never shown again." }),
  secretEnv: z.string().regex(/^ORRERY_WEBHOOK_[A-Z0-9_]{1,100}$/, ENV_RULE).optional(),
  secretFile: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/, FILE_RULE).optional(),
};

type Settings = z.output<z.ZodObject<typeof settings>>;

const oneSecret = {
  test: ({ secret, secretEnv, secretFile }: Settings) =>
    [secret, secretEnv, secretFile].filter((one) => one !== undefined).length < 2,
  rule: { path: ["secret"], message: "give one of secret, secretEnv and secretFile" },
};

/** The body of `PUT /webhook/{id}`; a secret that is left out stays. */
export const webhookPutSchema = z.strictObject(settings)
  .refine(oneSecret.test, oneSecret.rule).meta({ id: "WebhookSettings" });

/** The body of `POST /webhook`; without a secret one is made. */
export const webhookPostSchema = z.strictObject({ id: webhookName, ...settings })
  .refine(oneSecret.test, oneSecret.rule).meta({ id: "WebhookRequest" });

/** The body of `POST /webhook/{id}/replay`. */
export const replaySchema = z.union([
  z.strictObject({ from: instant }).transform(({ from }) => ({ atMs: from })),
  z.strictObject({ sequence: whole(1, SEQUENCE_MAX) }),
], "give one of from, a moment, and sequence, an event's number").meta({ id: "WebhookReplay" });

/** What this node does not let webhooks do. */
export function problemsOf(
  { url, secretFile }: Settings,
  { allowHttp, secretFiles }: WebhookRules,
): readonly FieldError[] {
  const problems: FieldError[] = [];
  const wrong = addressProblem(url, allowHttp);
  if (wrong !== null) problems.push({ path: "url", message: wrong });
  if (secretFile !== undefined && !secretFiles) {
    const message = "this node has no folder of secrets: webhooks.secretsDir names one";
    problems.push({ path: "secretFile", message });
  }
  return problems;
}

/** What the webhook is to be like. */
export function termsOf(asked: Settings): WebhookTerms {
  const { url, description, batch, states, queues, names, tags, progress } = asked;
  return {
    ...{ url, description, batch },
    filter: { states, queues, names, tags, progress },
    secret: secretOf(asked),
  };
}

function addressProblem(text: string, allowHttp: boolean): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === "" || !["http:", "https:"].includes(url.protocol)) {
    return "must begin with https:// and name a host";
  }
  if (url.username !== "" || url.password !== "") return "must not hold a user or a password";
  if (url.hash !== "") return "must not hold a fragment";
  if (url.protocol === "https:" || allowHttp || isLoopback(url.hostname)) return null;
  return "must be https, unless it is on this machine or webhooks.allowHttp is set";
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function isSecret(text: string): boolean {
  if (!text.startsWith("whsec_")) return text.length >= 24 && text.length <= 200;
  const code = text.slice("whsec_".length);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(code)) return false;
  const bytes = atob(code).length;
  return bytes >= 24 && bytes <= 64;
}

function secretOf({ secret, secretEnv, secretFile }: Settings): WebhookTerms["secret"] {
  if (secret !== undefined) return { kind: "text", text: secret };
  if (secretEnv !== undefined) return { kind: "env", name: secretEnv };
  return secretFile === undefined ? null : { kind: "file", path: secretFile };
}
