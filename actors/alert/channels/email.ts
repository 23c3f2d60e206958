/**
 * Email: a notice as a mail. Mails of one incident form a thread, and a repeated one has the same id.
 * Source: RFC 5322 §3.6.4 (identification fields), RFC 3834 §5 (Auto-Submitted).
 * @module
 */
import { detailsOf, type Notice, severityOf, summaryOf } from "../notice.ts";
import { cutText, type DeliveryFacts } from "./http_message.ts";

/** Longest subject, characters: what mail programs show. */
const SUBJECT_CHARS_MAX = 200;

/** A mail. */
export interface MailMessage {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The mail from and to whom the channel says. */
export function mailMessage(
  notice: Notice,
  { id, from, to }: Pick<DeliveryFacts, "id"> & {
    readonly from: string;
    readonly to: readonly string[];
  },
): MailMessage {
  const thread = idText(`${notice.incident}.${notice.episode}`);
  return {
    from,
    to,
    subject: cutText(`[Orrery] ${summaryOf(notice)}`, SUBJECT_CHARS_MAX),
    text: [summaryOf(notice), "", ...detailsOf(notice), ""].join("\n"),
    messageId: idText(id),
    headers: {
      "In-Reply-To": thread,
      "References": thread,
      "Auto-Submitted": "auto-generated",
      "X-Orrery-Incident": notice.incident,
      "X-Orrery-Status": notice.status,
      "X-Priority": severityOf(notice.kind) === "critical" ? "1" : "3",
    },
  };
}

/** The form of a message's id: ids of jobs hold what it must not. */
function idText(id: string): string {
  return `<${id.replace(/[^A-Za-z0-9.-]/g, ".")}@orrery>`;
}
