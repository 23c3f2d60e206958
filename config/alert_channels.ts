/**
 * AlertChannels: where alerts go, as `cluster.json` says it.
 *
 * Intuition: what nobody may see is in a file or in a variable of the environment, which the configuration
 * names. An address may be written down where it is no secret.
 * @module
 */
import { z } from "../deps.ts";
import { name } from "./values.ts";

const ENV_RULE = "must be a variable that begins with ORRERY_";
const file = z.string().min(1).optional();
const env = z.string().regex(/^ORRERY_[A-Z0-9_]{1,100}$/, ENV_RULE).optional();
const mailbox = z.string().regex(/^[^\r\n@]{1,200}@[^\r\n@]{1,200}$/, "must be a mail address");

/** What all channels have. */
const shared = {
  url: z.string().min(1).max(2_000).optional(),
  urlFile: file,
  urlEnv: env,
  allowPrivate: z.boolean().default(false),
};

const request = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("slack"), ...shared }),
  z.strictObject({
    type: z.literal("pagerduty"),
    ...shared,
    routingKeyFile: file,
    routingKeyEnv: env,
  }),
  z.strictObject({
    type: z.literal("email"),
    ...shared,
    from: mailbox,
    to: z.array(mailbox).min(1).max(20),
    passwordFile: file,
    passwordEnv: env,
    requireTls: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal("webhook"), ...shared, secretFile: file, secretEnv: env }),
  z.strictObject({ type: z.literal("alertmanager"), ...shared, tokenFile: file, tokenEnv: env }),
], 'needs a "type": slack, pagerduty, email, webhook or alertmanager');

type ChannelRequest = z.output<typeof request>;
type Texts = Readonly<Record<string, unknown>>;

/** Where a secret is. */
type Secret = { readonly kind: "file"; readonly path: string } | {
  readonly kind: "env";
  readonly name: string;
};

/** Where PagerDuty takes events. */
const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";

/** One channel, in the terms of actors/alert/channel.ts. */
const channel = request.superRefine((asked, context) => {
  for (const { path, message } of problemsOf(asked)) {
    context.addIssue({ code: "custom", path: [path], message });
  }
}).transform(channelOf);

/** All channels, by name. */
export const channels = z.record(name(), channel);

function* problemsOf(asked: ChannelRequest): Generator<{ path: string; message: string }> {
  const places = ["url", "urlFile", "urlEnv"].filter((key) => (asked as Texts)[key] !== undefined);
  if (places.length > 1 || (places.length === 0 && asked.type !== "pagerduty")) {
    yield { path: "url", message: "give one of url, urlFile and urlEnv" };
  }
  if (asked.url !== undefined) {
    const problem = addressProblem(asked.url, asked.type === "email");
    if (problem !== null) yield { path: "url", message: problem };
  }
  const secret = SECRET_OF[asked.type];
  if (secret === null) return;
  const given = [`${secret}File`, `${secret}Env`].filter((key) =>
    (asked as Texts)[key] !== undefined
  );
  if (given.length > 1 || (given.length === 0 && asked.type === "pagerduty")) {
    yield { path: `${secret}File`, message: `give one of ${secret}File and ${secret}Env` };
  }
}

/** What the secret of each type is called. */
const SECRET_OF = {
  slack: null,
  pagerduty: "routingKey",
  email: "password",
  webhook: "secret",
  alertmanager: "token",
} as const;

function addressProblem(text: string, mail: boolean): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const known = mail ? ["smtp:", "smtps:"] : ["http:", "https:"];
  if (url === null || url.hostname === "" || !known.includes(url.protocol)) {
    return `must begin with ${known.map((one) => `${one}//`).join(" or ")} and name a host`;
  }
  if (url.password !== "") return "must not hold a password: name a file or a variable that does";
  return !mail && url.username !== "" ? "must not hold a user" : null;
}

function channelOf(asked: ChannelRequest) {
  const { allowPrivate } = asked;
  const url = asked.url === undefined && asked.urlFile === undefined && asked.urlEnv === undefined
    ? { kind: "plain" as const, url: PAGERDUTY_URL }
    : asked.url !== undefined
    ? { kind: "plain" as const, url: asked.url }
    : secretOf(asked.urlFile, asked.urlEnv) as Secret;
  const base = { url, allowPrivate };
  switch (asked.type) {
    case "slack":
      return { type: asked.type, ...base };
    case "pagerduty": {
      const routingKey = secretOf(asked.routingKeyFile, asked.routingKeyEnv) as Secret;
      return { type: asked.type, ...base, routingKey };
    }
    case "email": {
      const { from, to, requireTls } = asked;
      const password = secretOf(asked.passwordFile, asked.passwordEnv);
      return { type: asked.type, ...base, from, to, requireTls, password };
    }
    case "webhook":
      return { type: asked.type, ...base, secret: secretOf(asked.secretFile, asked.secretEnv) };
    case "alertmanager":
      return { type: asked.type, ...base, token: secretOf(asked.tokenFile, asked.tokenEnv) };
  }
}

function secretOf(path: string | undefined, name: string | undefined): Secret | null {
  if (path !== undefined) return { kind: "file", path };
  return name === undefined ? null : { kind: "env", name };
}
