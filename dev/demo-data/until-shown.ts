import { type PortalClient, sentencesOf } from "../seed/portal-client.ts";

const patienceMs = 120_000;

/** Runs the sweeps until the page has `text`. */
export async function untilShown(portal: PortalClient, path: string, text: RegExp): Promise<void> {
  const patientUntil = Date.now() + patienceMs;
  for (;;) {
    const { html } = await portal.get(path);
    if (text.test(html)) return;
    if (Date.now() > patientUntil) throw new Error(`${path} never shows ${text}: ${sentencesOf(html)}`);
    // A connection that was idle can be closed as it is used again: the next round has another one.
    await fetch(`${portal.origin}/__dev/cron`, { method: "POST" }).then(
      (reply) => reply.text(),
      () => undefined,
    );
  }
}
