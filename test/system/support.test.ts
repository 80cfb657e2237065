import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { hiddenFields, type PortalClient, type PortalReply } from "../../dev/seed/portal-client.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
let support: TestOperator;
let viewer: TestOperator;

beforeAll(async () => {
  world = await newWorld();
  support = await newOperator("support", world.accountId);
  viewer = await newOperator("viewer", world.accountId);
});

const newSubject = () => `user/${randomBytes(4).toString("hex")} ü%`;
const pathOf = (subjectRef: string, page = "") =>
  `/p/${world.projectId}/test/customers/${encodeURIComponent(subjectRef)}${page}`;

const why = { reason: "goodwill", text: "said sorry <b>" };

/**
 * Opens the form, fills it in and previews. Returns the preview and the fields that its Confirm button sends.
 */
async function preview(
  portal: PortalClient,
  subjectRef: string,
  action: string,
  entered: Record<string, string> = {},
) {
  const [page = "", query = ""] = action.split("?");
  const shown = await portal.get(pathOf(subjectRef, `/${page}${query === "" ? "" : `?${query}`}`));
  const path = pathOf(subjectRef, `/${page}/preview`);
  const reply = await portal.submit(path, { ...hiddenFields(shown.html, path), ...why, ...entered });
  return { reply, fields: hiddenFields(reply.html, pathOf(subjectRef, `/${page}`)) };
}

async function act(portal: PortalClient, subjectRef: string, action: string, entered = {}) {
  const { fields } = await preview(portal, subjectRef, action, entered);
  return portal.submit(pathOf(subjectRef, `/${action.split("?")[0]}`), fields);
}

const check = async (subjectRef: string) => {
  const { allowed, reason } = (await world.api.check(subjectRef)).body;
  return [allowed, reason];
};

const idOf = async (subjectRef: string) =>
  /id="(ent_[0-9a-z]{26})"/.exec((await support.portal.get(pathOf(subjectRef))).html)?.[1] ?? "";
const sequenceOf = ({ location }: PortalReply) => Number(/\?done=(\d+)$/.exec(location ?? "")?.[1]);

describe("manual actions on the customer page", () => {
  it("a grant applies immediately as previewed, and an undo reverses it", async () => {
    const subjectRef = newSubject();
    expect(await check(subjectRef)).toEqual([false, "no_entitlement"]);
    const unknown = await support.portal.get(pathOf(subjectRef));
    expect(unknown.status).toBe(404);
    expect(toText(unknown)).toContain("No customer in test mode");

    const { reply, fields } = await preview(support.portal, subjectRef, "grant", {
      product_code: "CREDITS_1000",
      units: "50",
    });
    expect(toText(reply)).toMatch(/Access: denied, no active entitlement → allowed/);
    expect(toText(reply)).toContain("50 units left");
    expect(toText(reply)).toContain("Sends 1 webhook");
    expect(toText(reply)).toContain("Goodwill: said sorry <b>");
    expect(await check(subjectRef)).toEqual([false, "no_entitlement"]);

    const done = await support.portal.submit(pathOf(subjectRef, "/grant"), fields);
    expect(await check(subjectRef)).toEqual([true, undefined]);
    const page = await support.portal.get(pathOf(subjectRef));
    expect(toText(page)).toContain("Access allowed");
    expect(toText(page)).toContain("Goodwill: said sorry <b>");
    expect(page.html).toContain(`undo?sequence=${sequenceOf(done)}`);

    await act(support.portal, subjectRef, `undo?sequence=${sequenceOf(done)}`);
    expect(await check(subjectRef)).toEqual([false, "revoked"]);
    const after = await support.portal.get(pathOf(subjectRef));
    expect(after.html).not.toContain(`undo?sequence=${sequenceOf(done)}`);
  });

  it("an action applies once and reports the repeat when its form is submitted twice", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const entitlementId = await idOf(subjectRef);
    const path = pathOf(subjectRef, "/adjust");
    const { fields } = await preview(support.portal, subjectRef, `adjust?entitlement_id=${entitlementId}`, {
      how: "add",
      units: "7",
    });
    const replies = await Promise.all([1, 2].map(() => support.portal.submit(path, fields)));
    const [first, second] = replies.map(sequenceOf);
    expect(second).toBe(first);
    const third = await support.portal.submit(path, fields);
    expect(sequenceOf(third)).toBe(first);
    expect(toText(await support.portal.get(pathOf(subjectRef)))).toMatch(
      /Already applied.*1,007 of 1,000 left/,
    );
  });

  it("an action shows what changed since its preview and applies when confirmed again", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const adjust = `adjust?entitlement_id=${await idOf(subjectRef)}`;
    const entered = { how: "set", units: "10" };
    const { fields } = await preview(support.portal, subjectRef, adjust, entered);
    expect((await world.api.consume(subjectRef, 400, "meanwhile")).status).toBe(200);
    const path = pathOf(subjectRef, "/adjust");
    const outdated = await support.portal.post(path, fields);
    expect(outdated.status).toBe(409);
    expect(toText(outdated)).toMatch(/Nothing was applied\. .*1,000 units left.*600 units left/);
    expect(toText(await support.portal.get(pathOf(subjectRef)))).toContain("600 of 1,000 left");
    await support.portal.submit(path, hiddenFields(outdated.html, path));
    expect(toText(await support.portal.get(pathOf(subjectRef)))).toContain("10 of 1,000 left");
  });

  it("a revocation takes effect once and explains why a repeat or an empty reason is rejected", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef, "DAY_PASS");
    const entitlementId = await idOf(subjectRef);
    await act(support.portal, subjectRef, `revoke?entitlement_id=${entitlementId}`);
    expect(await check(subjectRef)).toEqual([false, "revoked"]);
    const again = { entitlement_id: entitlementId, action_id: "act_0000000000000000", ...why };
    const refused = await support.portal.post(pathOf(subjectRef, "/revoke/preview"), again);
    expect(refused.status).toBe(409);
    expect(toText(refused)).toContain("has already ended");
    const wordless = await support.portal.post(pathOf(subjectRef, "/revoke/preview"), { ...again, text: "" });
    expect(wordless.status).toBe(422);
    expect(toText(wordless)).toContain("Add a short note");
  });

  it("the customer page lets viewers read everything and change nothing", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const { fields } = await preview(support.portal, subjectRef, "grant", { product_code: "DAY_PASS" });
    const page = await viewer.portal.get(pathOf(subjectRef));
    expect(page.status).toBe(200);
    expect(toText(page)).toContain("Access allowed");
    expect(page.html).not.toMatch(/\/(grant|sync|revoke|adjust|undo)(\?|")/);
    expect((await viewer.portal.get(pathOf(subjectRef, "/grant"))).status).toBe(403);
    expect((await viewer.portal.post(pathOf(subjectRef, "/grant/preview"), fields)).status).toBe(403);
    expect((await viewer.portal.post(pathOf(subjectRef, "/grant"), fields)).status).toBe(403);
    expect(toText(await support.portal.get(pathOf(subjectRef)))).toContain("1 of 1 give access");
  });
});

describe("customer page", () => {
  it("the customer page links causes to effects and shows the decision at a past moment", async () => {
    const subjectRef = newSubject();
    const { headers } = await world.api.check(subjectRef);
    await buy(world, subjectRef);
    const page = await support.portal.get(pathOf(subjectRef));
    const eventId = /id="stripe-(evt_\w+)"/.exec(page.html)?.[1] ?? "";
    expect(page.html).toContain(`/events/${eventId}"`);
    const row = /<li id="entry-1".*?<\/ul>/s.exec(page.html)?.[0] ?? "";
    expect(row, "the entry's row folds in its Stripe event").toContain(`id="stripe-${eventId}"`);
    expect(toText({ ...page, html: row })).toContain("Received from Stripe");
    const payments = await support.portal.get(`${pathOf(subjectRef)}?tab=payments`);
    expect(payments.html).toMatch(/id="att_[0-9a-z]{26}"/);

    const decisionId = headers.get("Licenzy-Decision") ?? "";
    expect(decisionId).toMatch(/^dec_/);
    const past = await support.portal.get(`${pathOf(subjectRef)}?as_of=${decisionId}`);
    expect(toText(past)).toContain("Access was denied: no active entitlement");
    expect(toText(past)).toContain("Back to now");
    const foreign = await support.portal.get(`${pathOf(newSubject())}?as_of=${decisionId}`);
    expect(foreign.status).toBe(404);
    const other = newSubject();
    await buy(world, other);
    const refused = await support.portal.get(`${pathOf(other)}?as_of=${decisionId}`);
    expect(toText(refused)).toContain("Decision not found for this customer");
    expect(toText(refused)).toContain("Access allowed");
  });

  it("the customer page syncs a missed payment from Stripe once", async () => {
    const subjectRef = newSubject();
    const { id: account } = await world.stripe.client.accounts.retrieveCurrent();
    await world.stripe.control("delivery", { account, mode: "drop" });
    await buy(world, subjectRef);
    await world.stripe.control("delivery", { account, mode: "normal" });
    expect(toText(await support.portal.get(pathOf(subjectRef)))).toContain(
      "No payment received from Stripe yet",
    );
    const { reply, fields } = await preview(support.portal, subjectRef, "sync");
    expect(toText(reply)).toContain("→ allowed");
    expect(await check(subjectRef)).toEqual([false, "no_entitlement"]);
    const path = pathOf(subjectRef, "/sync");
    await support.portal.submit(path, fields);
    expect(await check(subjectRef)).toEqual([true, undefined]);
    expect(toText(await support.portal.submit(path, fields))).toContain("Already applied");
  });
});
