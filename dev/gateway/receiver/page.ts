import { html } from "hono/html";
import type { LogEntry, ReceiverResponse } from "./receiver.ts";

const style = `
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1f24; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #d8dee4; vertical-align: top; }
  pre { margin: .3rem 0 0; white-space: pre-wrap; word-break: break-word; font-size: 13px; }
  .unverified, .failed { color: #a40e26; }
  code { font-size: 13px; }`;

/** Renders the receiver's log as a page, newest first. */
export function renderLogPage(name: string, log: LogEntry[], answer: ReceiverResponse) {
  const rows = log.map(
    (entry) => html`<tr>
      <td>${new Date(entry.receivedAt).toISOString()}</td>
      <td class="${entry.verdict}">${entry.verdict}${entry.fault === null ? "" : `: ${entry.fault}`}</td>
      <td>${entry.answered}</td>
      <td><details><summary>${entry.type ?? "?"} <code>${entry.eventId}</code></summary><pre>${entry.body}</pre></details></td>
      <td>${entry.subjectRef}</td>
      <td>${entry.sequence}</td>
      <td>${entry.attempt}</td>
    </tr>`,
  );
  return String(html`<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Receiver ${name}</title><style>${style}</style></head>
  <body>
    <h1>Sample receiver <code>${name}</code></h1>
    <p>Every delivery it got, newest first. At present it answers ${answer.status}${answer.delayMs > 0 ? ` after ${answer.delayMs} ms` : ""}.
      As JSON: <a href="/receiver/${name}/log">/receiver/${name}/log</a></p>
    ${
      log.length === 0
        ? html`<p>Nothing has arrived yet.</p>`
        : html`<table>
      <thead><tr><th>Received</th><th>Verdict</th><th>Answered</th><th>Event</th><th>Subject</th><th>Sequence</th><th>Attempt</th></tr></thead>
      <tbody>${rows}</tbody>
    </table>`
    }
  </body>
</html>`);
}
