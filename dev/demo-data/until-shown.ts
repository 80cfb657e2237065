import { type PortalClient, sentencesOf } from "../seed/portal-client.ts";

const patienceMs = 120_000;

/** Runs the sweeps until the page has `text`. */
export async function untilShown(portal: PortalClient, path: string, text: RegExp): Promise<void> {
  const patientUntil = Date.now() + patienceMs;
  for (;;) {
    const { html } = await portal.get(path);
    if (text.test(html)) return;
    if (Date.now() > patientUntil) throw new Error(`${path} never shows ${text}: ${sentencesOf(html)}`);
    const reply = await fetch(`${portal.origin}/__dev/cron`, { method: "POST" });
    const answer = await reply.text();
    if (!reply.ok) throw new Error(`sweeps: ${reply.status} ${answer}`);
  }
}
