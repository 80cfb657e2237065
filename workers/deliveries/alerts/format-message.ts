import type { AlertMessageContent } from "../../../shared/contract/alerts.ts";
import { type Message, toOneLine } from "../../../shared/kit/send-mail.ts";

/** The forms of a message: email, Slack and signed webhook. `origin` is the portal's, `null` when it is not set. */

const modeLabels = { test: "test mode", live: "LIVE" };

function toHeadline({ kind, title, project_name, mode }: AlertMessageContent): string {
  const state = kind === "resolved" ? "Resolved: " : "";
  return `${state}${title} (${toOneLine(project_name)}, ${modeLabels[mode]})`;
}

function toInboxUrl({ project_id, mode }: AlertMessageContent, origin: string | null): string | null {
  return origin === null ? null : `${origin}/p/${project_id}/${mode}/inbox`;
}

function toLines(content: AlertMessageContent, origin: string | null): string[] {
  const { cause, subject_ref, lines, count, at } = content;
  const url = toInboxUrl(content, origin);
  return [
    cause,
    ...(subject_ref === null ? [] : [`Customer: ${toOneLine(subject_ref)}`]),
    ...lines.map((line) => `- ${line}`),
    ...(count > lines.length && lines.length > 0 ? [`- and ${count - lines.length} more`] : []),
    `At ${new Date(at).toISOString()}`,
    ...(url === null ? [] : [`Inbox: ${url}`]),
  ];
}

const escapeHtml = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

export function toMail(content: AlertMessageContent, origin: string | null): Message {
  const headline = toHeadline(content);
  const lines = toLines(content, origin);
  const url = toInboxUrl(content, origin);
  const paragraphs = lines.map((line) => {
    const isLink = url !== null && line.endsWith(url);
    return isLink ? `<p><a href="${escapeHtml(url)}">Open the inbox</a></p>` : `<p>${escapeHtml(line)}</p>`;
  });
  return {
    subject: headline,
    text: `${headline}\n\n${lines.join("\n")}\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(headline)}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 36em"><p><b>${escapeHtml(headline)}</b></p>
${paragraphs.join("\n")}</body></html>`,
  };
}

/** Slack reads `&`, `<` and `>` as markup: a name must not become a mention or a link. */
const escapeSlack = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

export function toSlackBody(content: AlertMessageContent, origin: string | null): string {
  const lines = [`*${escapeSlack(toHeadline(content))}*`, ...toLines(content, origin).map(escapeSlack)];
  return JSON.stringify({ text: lines.join("\n") });
}

/** The body of a signed webhook: the same for every attempt of a message. */
export function toWebhookBody(content: AlertMessageContent, messageId: string): string {
  const { kind, at, ...data } = content;
  return JSON.stringify({
    id: messageId,
    type: `alert.${kind}`,
    timestamp: new Date(at).toISOString(),
    data,
  });
}
