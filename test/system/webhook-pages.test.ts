import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { hiddenField, type PortalReply, sentencesOf } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { eventually } from "../eventually.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { newReceiver, respondOk, respondWith, type ScriptedReceiver, WebhookOperations } from "./receiver.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
let admin: TestOperator;
let support: TestOperator;
let hooks: WebhookOperations;
let target: ScriptedReceiver;
let path: string;

beforeAll(async () => {
  world = await newWorld();
  admin = await newOperator("admin", world.accountId);
  support = await newOperator("support", world.accountId);
  hooks = WebhookOperations.forWorld(world);
  target = await newReceiver();
  path = `/p/${world.projectId}/test`;
});
afterAll(() => target.close());
afterEach(() => vi.useRealTimers());

const secretIn = ({ html }: PortalReply) => /id="signing-secret">(whsec_[^<]+)</.exec(html)?.[1] ?? "";
const versionIn = ({ html }: PortalReply) => /data-version="([^"]+)"/.exec(html)?.[1] ?? "none";
const endpointIdIn = ({ html }: PortalReply) => /\/webhooks\/(ep_\w+)/.exec(html)?.[1] ?? "";

/** Submits the form for a new endpoint. Returns the form and the reply. */
async function add(url: string, types: string[] = ["purchase.finalized"]) {
  const page = await admin.portal.get(`${path}/webhooks/new`);
  const form = {
    endpoint_id: hiddenField(page.html, "endpoint_id"),
    url,
    description: "Ours",
    ...Object.fromEntries(types.map((type) => [`event_types_${type}`, "on"])),
  };
  return { form, reply: await admin.portal.post(`${path}/webhooks`, form) };
}

async function added(url = target.url): Promise<{ endpointId: string; secret: string; page: string }> {
  const { reply } = await add(url);
  const endpointId = endpointIdIn(reply);
  return { endpointId, secret: secretIn(reply), page: `${path}/webhooks/${endpointId}` };
}

describe("endpoint pages", () => {
  it("the portal creates an endpoint once, shows its secret once and sends a verifiable test", async () => {
    const { form, reply } = await add(target.url);
    expect(reply.status, sentencesOf(reply.html)).toBe(200);
    const secret = secretIn(reply);
    const again = await admin.portal.post(`${path}/webhooks`, form);
    expect(again.status).toBe(409);
    expect(again.html).toContain("submitted twice");
    const page = `${path}/webhooks/${form.endpoint_id}`;
    expect((await admin.portal.get(page)).html).not.toContain(secret);
    const sent = await support.portal.submit(`${page}/test`);
    await eventually(() => expect(target.log.at(-1)?.event.type).toBe("endpoint.test"));
    const got = target.log.at(-1);
    // Uses the stack's clock, which other tests have advanced.
    vi.useFakeTimers({ toFake: ["Date"], now: Number(got?.headers["webhook-timestamp"]) * 1_000 });
    expect(() => new Webhook(secret).verify(got?.body ?? "", got?.headers ?? {})).not.toThrow();
    vi.useRealTimers();
    await eventually(async () => {
      const { html } = await support.portal.get(sent.location ?? "");
      expect(html).toContain("HTTP 200");
      expect(html).toContain(got?.event.id);
    });
    await admin.portal.submit(`${page}/delete`);
  });

  it.each([
    ["https://10.0.0.1/", "must be a name, not an IP address"],
    ["ftp://example.com/", "must begin with https://"],
    ["https://intranet/", "full domain name"],
  ])("the endpoint form rejects %s with an explanation and keeps the entered values", async (url, words) => {
    const { reply } = await add(url);
    expect(reply.status).toBe(422);
    expect(reply.html).toContain(words);
    expect(reply.html).toContain('value="Ours"');
    expect((await add("https://example.com/", [])).reply.html).toContain("Choose at least one event type");
  });

  it("an admin edits, rotates and reveals an endpoint unless the form is stale", async () => {
    const { page, secret } = await added();
    const edit = await admin.portal.get(`${page}/edit`);
    const form = {
      version: hiddenField(edit.html, "version"),
      url: target.url,
      description: "Renamed",
      "event_types_usage.consumed": "on",
    };
    expect((await admin.portal.post(`${page}/edit`, form)).status).toBe(303);
    const second = await admin.portal.post(`${page}/edit`, { ...form, description: "Over it" });
    expect(second.status).toBe(409);
    expect(second.html).toContain("Current values:");
    expect((await admin.portal.get(page)).html).toContain("Renamed");
    expect(secretIn(await admin.portal.submit(`${page}/reveal`))).toBe(secret);
    const version = hiddenField((await admin.portal.get(`${page}/rotate`)).html, "version");
    const rotated = await admin.portal.submit(`${page}/rotate`, { version, overlap: "24" });
    expect(secretIn(rotated)).toMatch(/^whsec_/);
    expect((await admin.portal.post(`${page}/rotate`, { version, overlap: "24" })).status).toBe(409);
    expect(secretIn(await admin.portal.submit(`${page}/reveal`))).toBe(secretIn(rotated));
    expect((await support.portal.post(`${page}/reveal`)).status).toBe(403);
    await admin.portal.submit(`${page}/delete`);
  });

  it("the portal reveals a secret only after recent authentication, even in test mode", async () => {
    const { page, secret } = await added();
    await provision(world.origin, "ageProof", admin.email, 31 * 60_000);
    const reauthPage = await admin.portal.post(`${page}/reveal`);
    expect(reauthPage.status).toBe(401);
    expect(reauthPage.html).toContain("Confirm your identity");
    expect(reauthPage.html).not.toContain(secret);
    const shown = await admin.portal.submit("/prove", {
      proof: admin.password,
      "pending.method": "POST",
      "pending.path": `${page}/reveal`,
    });
    expect(secretIn(shown)).toBe(secret);
    await admin.portal.submit(`${page}/delete`);
  });

  it("a disabled endpoint keeps its deliveries until an operator sends or drops them", async () => {
    const { page, endpointId } = await added();
    await admin.portal.submit(`${page}/disable`);
    await buy(world, "user_waiting");
    await eventually(async () => expect(await hooks.listDeliveries({ endpointId })).toHaveLength(1));
    const confirm = await admin.portal.get(`${page}/enable`);
    expect(confirm.html).toContain("1 queued delivery");
    expect((await admin.portal.post(`${page}/enable`)).status).toBe(422);
    expect((await hooks.readEndpoint(endpointId))["isEnabled"]).toBe(false);
    await admin.portal.submit(`${page}/enable`, { waiting: "send" });
    await eventually(async () => expect((await hooks.readOnlyDelivery({ endpointId })).state).toBe("sent"));
    await admin.portal.submit(`${page}/delete`);
  });
});

describe("delivery pages", () => {
  it("the portal filters, requeues, resends and replays deliveries", async () => {
    const failing = await newReceiver(respondWith(500, {}, "<b>the database is down</b>"));
    const { page, endpointId } = await added(failing.url);
    for (const subject of ["user_f1", "user_f2", "user_f3"]) await buy(world, subject);
    await eventually(async () =>
      expect(await hooks.listDeliveries({ endpointId, states: ["failed"] })).toHaveLength(3),
    );
    const shown = async (query: string) =>
      new Set(
        (await support.portal.get(`${path}/deliveries?endpoint=${endpointId}&${query}`)).html.match(
          /dlv_\w+/g,
        ),
      );
    const counts = {
      "status=trouble": 3,
      "status=sent": 0,
      "http=500": 3,
      "http=404": 0,
      "customer=user_f1": 1,
      "type=purchase.finalized": 3,
      "type=usage.consumed": 0,
      "since=2020-01-01T00:00": 3,
      "until=2020-01-01T00:00": 0,
    };
    for (const [query, count] of Object.entries(counts))
      expect({ query, count: (await shown(query)).size }).toEqual({ query, count });

    const [first] = await hooks.listDeliveries({ endpointId, subjectRef: "user_f1" });
    const detail = `${path}/deliveries/${first?.deliveryId}`;
    const { html } = await support.portal.get(detail);
    expect(html).toContain("&lt;b&gt;the database is down&lt;/b&gt;");
    expect(html).toContain(`${path}/customers/user_f1`);
    expect(html).toContain("webhook-id");
    expect(html).toContain("Updates automatically.");
    const underWay = await support.portal.get(`${detail}/status`);
    expect(underWay.html).toContain('data-said="Retrying, after 1 attempt."');
    expect(underWay.html).toContain("&lt;b&gt;the database is down&lt;/b&gt;");
    expect(underWay.html).not.toMatch(/<html|data-at-end/);
    // The state in a sentence, and the schedule as a bar: a delivery gets 10 attempts.
    expect(toText(underWay)).toMatch(/Your endpoint returned HTTP 500 Next attempt .+ \(2 of 10\)/);
    expect(toText(underWay)).toContain("1 attempt failed · 9 left");
    expect(underWay.html.match(/class="left"/g)).toHaveLength(9);

    const requeuePage = await support.portal.get(
      `${path}/deliveries/requeue?endpoint=${endpointId}&status=trouble`,
    );
    expect(requeuePage.html).toContain("Retry 3 deliveries");
    expect(requeuePage.html).toContain("Needs attention");

    failing.respond = respondOk;
    await support.portal.submit(`${detail}/requeue`);
    await eventually(async () =>
      expect((await hooks.readOnlyDelivery({ subjectRef: "user_f1", endpointId })).state).toBe("sent"),
    );
    const atEnd = await support.portal.get(`${detail}/status`);
    expect(atEnd.html).toContain('data-said="Delivered, after 2 attempts."');
    expect(atEnd.html).toContain("data-at-end");
    expect(toText(atEnd)).toContain("Your endpoint returned HTTP 200 Delivered on attempt 2.");
    expect(versionIn(atEnd)).not.toBe(versionIn(underWay));
    expect(versionIn(await support.portal.get(`${detail}/status`))).toBe(versionIn(atEnd));
    expect((await support.portal.get(detail)).html).not.toContain("Updates automatically.");
    expect((await support.portal.post(`${detail}/requeue`)).status).toBe(409);
    await support.portal.submit(`${detail}/resend`);
    await eventually(async () =>
      expect((await hooks.readOnlyDelivery({ subjectRef: "user_f1", endpointId })).attempts).toBe(3),
    );

    const many = await support.portal.get(`${path}/deliveries/requeue?endpoint=${endpointId}`);
    expect(many.html).toContain("Retry 2 deliveries");
    const job = { job_id: hiddenField(many.html, "job_id"), endpoint: endpointId };
    const begun = await support.portal.submit(`${path}/deliveries/requeue`, job);
    expect((await support.portal.post(`${path}/deliveries/requeue`, job)).status).toBe(409);
    await eventually(async () => {
      const progress = await support.portal.get(begun.location ?? "");
      expect(progress.html).toContain("2 of 2");
      expect(progress.html).toContain("Finished");
      expect(progress.headers.get("Refresh")).toBeNull();
    });
    await eventually(async () =>
      expect((await hooks.listDeliveries({ endpointId })).map(({ state }) => state)).toEqual(
        Array(3).fill("sent"),
      ),
    );
    expect((await support.portal.post(`${begun.location}/stop`)).status).toBe(409);

    const before = failing.log.length;
    const form = await support.portal.get(`${page}/replay`);
    const replay = { job_id: hiddenField(form.html, "job_id"), since: hiddenSince(form.html) };
    const replayed = await support.portal.submit(`${page}/replay`, replay);
    await eventually(async () =>
      expect((await support.portal.get(replayed.location ?? "")).html).toContain("Finished"),
    );
    await eventually(() => expect(failing.log.length).toBeGreaterThanOrEqual(before + 3));
    expect((await support.portal.post(`${page}/replay`, { ...replay, since: "yesterday" })).status).toBe(422);
    await failing.close();
  });

  it("the audit log records webhook actions with their operator and without secrets", async () => {
    const { html } = await admin.portal.get("/audit");
    for (const action of [
      "endpoint.create",
      "endpoint.reveal_secret",
      "delivery.requeue_many",
      "endpoint.replay",
    ])
      expect(html).toContain(`<code>${action}</code>`);
    expect(html).toContain(support.email);
    expect(html).not.toContain("whsec_");
  });
});

const hiddenSince = (html: string) => /name="since"[^>]*value="([^"]+)"/.exec(html)?.[1] ?? "";
