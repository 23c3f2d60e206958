/**
 * Slack: a notice as a message for an incoming webhook.
 * Source: api.slack.com, "Sending messages using incoming webhooks", Block Kit reference (limits).
 * @module
 */
import { detailsOf, type Notice, summaryOf } from "../notice.ts";
import { cutText, type HttpMessage, jsonMessage } from "./http_message.ts";

/** Slack's bounds, characters: of a header's text, and of a section's. */
const HEADER_CHARS_MAX = 150;
const SECTION_CHARS_MAX = 3_000;
/** Worst case of escaping: `&amp;` for `&`. */
const ESCAPED_CHARS_MAX = 5;

/** The message; `url` is the webhook's own. */
export function slackMessage(notice: Notice, { url }: { readonly url: string }): HttpMessage {
  const { status, kind, test } = notice;
  const icon = status === "firing" ? ":rotating_light:" : ":white_check_mark:";
  const title = `${test === true ? "Test: " : ""}${status === "firing" ? "Firing" : "Resolved"}`;
  const summary = cutText(summaryOf(notice), SECTION_CHARS_MAX / ESCAPED_CHARS_MAX);
  const details = cutText(detailsOf(notice).join("\n"), SECTION_CHARS_MAX / ESCAPED_CHARS_MAX);
  return jsonMessage(url, {
    text: escaped(summary),
    blocks: [
      {
        type: "header",
        text: {
          type: "plain_text",
          text: cutText(`${icon} ${title}: ${kind}`, HEADER_CHARS_MAX),
          emoji: true,
        },
      },
      { type: "section", text: { type: "mrkdwn", text: escaped(summary) } },
      { type: "context", elements: [{ type: "mrkdwn", text: escaped(details) }] },
    ],
  });
}

/** Slack reads `&`, `<` and `>` as markup: a job's error could mention everyone. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
