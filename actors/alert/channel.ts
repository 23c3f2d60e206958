/**
 * Channel: where alerts go, as configured: settings without secrets, and where each secret is to be had.
 *
 * Not here: reading the configuration (config/alerts.ts), what is sent (channels/), sending (delivery/).
 * @module
 */

/** Where a secret is: in a file, or in a variable of the environment. Never in the configuration's text. */
export type SecretSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly name: string };

/** An address: many are secrets themselves. */
export type AddressSource = { readonly kind: "plain"; readonly url: string } | SecretSource;

interface Shared {
  readonly url: AddressSource;
  /** Lets it reach private, loopback and link-local addresses. */
  readonly allowPrivate: boolean;
}

/** An incoming webhook of Slack: its address is its secret. */
export interface SlackChannel extends Shared {
  readonly type: "slack";
}

/** PagerDuty, Events API v2. */
export interface PagerDutyChannel extends Shared {
  readonly type: "pagerduty";
  readonly routingKey: SecretSource;
}

/** Mail over SMTP: `smtp://` (STARTTLS where it is offered) or `smtps://`, a user in the address. */
export interface EmailChannel extends Shared {
  readonly type: "email";
  readonly from: string;
  readonly to: readonly string[];
  readonly password: SecretSource | null;
  /** Refuses to send over a connection that is not encrypted. */
  readonly requireTls: boolean;
}

/** Any receiver of CloudEvents; signed as Standard Webhooks say, where there is a secret. */
export interface WebhookChannel extends Shared {
  readonly type: "webhook";
  readonly secret: SecretSource | null;
}

/** Prometheus' Alertmanager, API v2; the address is that of its start page. */
export interface AlertmanagerChannel extends Shared {
  readonly type: "alertmanager";
  /** A bearer token. */
  readonly token: SecretSource | null;
}

/** A channel. */
export type AlertChannel =
  | SlackChannel
  | PagerDutyChannel
  | EmailChannel
  | WebhookChannel
  | AlertmanagerChannel;

/** PagerDuty's own address. */
export const PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue";
