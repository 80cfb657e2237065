import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hiddenField, sentencesOf } from "../../dev/seed/portal-client.ts";
import { eventually } from "../eventually.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { newReceiver, type ScriptedReceiver } from "./receiver.ts";
import { newKey, newWorld, readStackTime, type World } from "./world.ts";

let world: World;
let admin: TestOperator;
let support: TestOperator;
let viewer: TestOperator;
let target: ScriptedReceiver;
let path: string;

beforeAll(async () => {
  world = await newWorld();
  admin = await newOperator("admin", world.accountId);
  support = await newOperator("support", world.accountId);
  viewer = await newOperator("viewer", world.accountId);
  target = await newReceiver();
  path = `/p/${world.projectId}/test`;
});
afterAll(() => target.close());

/** Moves the clock to the next evaluation, and runs the sweeps. */
async function nextMinute(): Promise<void> {
  const body = JSON.stringify({ advance_seconds: 60 });
  const reply = await fetch(`${world.origin}/__dev/clock`, { method: "POST", body });
  expect(reply.status).toBe(200);
  await fetch(`${world.origin}/__dev/cron`, { method: "POST" });
}

describe("the inbox", () => {
  it("a key that expires is an item and a message, and the second of two operators reads who acted", async () => {
    const settings = await admin.portal.get(`${path}/alerts`);
    const channel = {
      channel_id: hiddenField(settings.html, "channel_id"),
      kind: "webhook",
      address: target.url,
    };
    const added = await admin.portal.post(`${path}/alerts/channels`, channel);
    expect(added.status, sentencesOf(added.html)).toBe(200);
    expect(added.html).toContain('id="signing-secret">whsec_');
    await newKey(world.origin, world.projectId, "test", (await readStackTime(world.origin)) + 86_400_000);
    await nextMinute();
    const { html } = await support.portal.get(`${path}/inbox`);
    expect(html).toContain("API key expires");
    const [, alertId = ""] = /\/inbox\/(alr_\w+)\/snooze/.exec(html) ?? [];
    const form = { version: hiddenField(html, "version"), view: "open", hours: "24" };
    await eventually(async () => {
      await fetch(`${world.origin}/__dev/cron`, { method: "POST" });
      expect(target.log.at(-1)?.event.type).toBe("alert.fired");
    });

    const unseen = await viewer.portal.get(`${path}/inbox`);
    expect(unseen.html).toContain("API key expires");
    expect(unseen.html).not.toContain(`/inbox/${alertId}/`);
    expect((await viewer.portal.post(`${path}/inbox/${alertId}/snooze`, form)).status).toBe(403);

    const [first, second] = [
      await support.portal.post(`${path}/inbox/${alertId}/snooze`, form),
      await admin.portal.post(`${path}/inbox/${alertId}/snooze`, form),
    ];
    expect([first.status, second.status]).toEqual([303, 303]);
    expect((await admin.portal.get(second.location ?? "")).html).toContain("snoozed this alert");
    expect((await support.portal.get(`${path}/inbox`)).html).toContain("No open alerts");
    expect((await support.portal.get(`${path}/inbox?view=snoozed`)).html).toContain("Snoozed until");
    expect((await support.portal.get(`${path}/inbox?view=wrong`)).status).toBe(422);
  });

  it("a threshold out of range is refused at its field, and a valid one is saved", async () => {
    const { html } = await admin.portal.get(`${path}/alerts`);
    const fields = {
      version: hiddenField(html, "version"),
      enabled_key_expiring: "on",
      threshold_key_expiring: "91",
      threshold_stripe_webhook_silent: "3",
      threshold_sweep_failing: "15",
      threshold_endpoint_failing: "5",
      threshold_copy_behind: "10",
      threshold_denials_unusual: "20",
    };
    const refused = await admin.portal.post(`${path}/alerts/rules`, fields);
    expect(refused.status).toBe(422);
    expect(refused.html).toContain("Enter a whole number from 1 to 90.");
    const saved = await admin.portal.post(`${path}/alerts/rules`, { ...fields, threshold_key_expiring: "7" });
    expect(saved.status, sentencesOf(saved.html)).toBe(303);
    expect((await admin.portal.post(`${path}/alerts/rules`, fields)).status).toBe(422);
    const stale = await admin.portal.post(`${path}/alerts/rules`, { ...fields, threshold_key_expiring: "8" });
    expect(stale.status).toBe(409);
  });
});
