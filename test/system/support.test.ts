import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { hiddenFields, type PortalClient, type PortalReply } from "../../dev/seed/portal-client.ts";
import { textOf } from "./forms.ts";
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

/** Opens the form, fills it in and previews. Returns the preview, and what its Confirm sends. */
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
const sequenceOf = ({ location }: PortalReply) => Number(/#entry-(\d+)$/.exec(location ?? "")?.[1]);

describe("acting for a customer", () => {
  it("grants what was previewed, at once, and takes it back by undo", async () => {
    const subjectRef = newSubject();
    expect(await check(subjectRef)).toEqual([false, "no_entitlement"]);
    const unknown = await support.portal.get(pathOf(subjectRef));
    expect(unknown.status).toBe(404);
    expect(textOf(unknown)).toContain("Nothing has ever happened to this customer in test mode");

    const { reply, fields } = await preview(support.portal, subjectRef, "grant", {
      product_code: "CREDITS_1000",
      units: "50",
    });
    expect(textOf(reply)).toMatch(/Access: denied, nothing gives access → allowed/);
    expect(textOf(reply)).toContain("50 units left");
    expect(textOf(reply)).toContain("1 event will be sent");
    expect(textOf(reply)).toContain("Goodwill: said sorry <b>");
    expect(await check(subjectRef)).toEqual([false, "no_entitlement"]);

    const done = await support.portal.submit(pathOf(subjectRef, "/grant"), fields);
    expect(await check(subjectRef)).toEqual([true, undefined]);
    const page = await support.portal.get(pathOf(subjectRef));
    expect(textOf(page)).toContain("Access is allowed");
    expect(textOf(page)).toContain("Goodwill: said sorry <b>");
    expect(page.html).toContain(`undo?sequence=${sequenceOf(done)}`);

    await act(support.portal, subjectRef, `undo?sequence=${sequenceOf(done)}`);
    expect(await check(subjectRef)).toEqual([false, "revoked"]);
    const after = await support.portal.get(pathOf(subjectRef));
    expect(after.html).not.toContain(`undo?sequence=${sequenceOf(done)}`);
  });

  it("does a form that is sent twice once, and says so", async () => {
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
    expect(textOf(await support.portal.get(pathOf(subjectRef)))).toMatch(/done already.*1,007 left of 1,000/);
  });

  it("shows what moved since the preview, and does what is confirmed then", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const adjust = `adjust?entitlement_id=${await idOf(subjectRef)}`;
    const entered = { how: "set", units: "10" };
    const { fields } = await preview(support.portal, subjectRef, adjust, entered);
    expect((await world.api.consume(subjectRef, 400, "meanwhile")).status).toBe(200);
    const path = pathOf(subjectRef, "/adjust");
    const moved = await support.portal.post(path, fields);
    expect(moved.status).toBe(409);
    expect(textOf(moved)).toMatch(/nothing was done\. .*1,000 units left.*600 units left/);
    expect(textOf(await support.portal.get(pathOf(subjectRef)))).toContain("600 left of 1,000");
    await support.portal.submit(path, hiddenFields(moved.html, path));
    expect(textOf(await support.portal.get(pathOf(subjectRef)))).toContain("10 left of 1,000");
  });

  it("revokes, and says at its field or above the button why something can't be done", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef, "DAY_PASS");
    const entitlementId = await idOf(subjectRef);
    await act(support.portal, subjectRef, `revoke?entitlement_id=${entitlementId}`);
    expect(await check(subjectRef)).toEqual([false, "revoked"]);
    const again = { entitlement_id: entitlementId, action_id: "act_0000000000000000", ...why };
    const refused = await support.portal.post(pathOf(subjectRef, "/revoke/preview"), again);
    expect(refused.status).toBe(409);
    expect(textOf(refused)).toContain("has ended already");
    const wordless = await support.portal.post(pathOf(subjectRef, "/revoke/preview"), { ...again, text: "" });
    expect(wordless.status).toBe(422);
    expect(textOf(wordless)).toContain("Say why in a few words");
  });

  it("lets viewers see everything and do nothing", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const { fields } = await preview(support.portal, subjectRef, "grant", { product_code: "DAY_PASS" });
    const page = await viewer.portal.get(pathOf(subjectRef));
    expect(page.status).toBe(200);
    expect(textOf(page)).toContain("Access is allowed");
    expect(page.html).not.toMatch(/\/(grant|sync|revoke|adjust|undo)(\?|")/);
    expect((await viewer.portal.get(pathOf(subjectRef, "/grant"))).status).toBe(403);
    expect((await viewer.portal.post(pathOf(subjectRef, "/grant/preview"), fields)).status).toBe(403);
    expect((await viewer.portal.post(pathOf(subjectRef, "/grant"), fields)).status).toBe(403);
    expect(textOf(await support.portal.get(pathOf(subjectRef)))).toContain("1 of 1 usable");
  });
});

describe("the page", () => {
  it("links cause and effect, and shows the decision as of another moment", async () => {
    const subjectRef = newSubject();
    const { headers } = await world.api.check(subjectRef);
    await buy(world, subjectRef);
    const page = await support.portal.get(pathOf(subjectRef));
    const eventId = /id="stripe-(evt_\w+)"/.exec(page.html)?.[1] ?? "";
    expect(page.html).toContain(`/events/${eventId}"`);
    expect(textOf(page)).toMatch(/caused entry 1/);
    expect(page.html).toMatch(/id="entry-1"/);
    expect(page.html).toMatch(/id="att_[0-9a-z]{26}"/);

    const decisionId = headers.get("Licenzy-Decision") ?? "";
    expect(decisionId).toMatch(/^dec_/);
    const past = await support.portal.get(`${pathOf(subjectRef)}?as_of=${decisionId}`);
    expect(textOf(past)).toContain("Access was denied: nothing gives access");
    expect(textOf(past)).toContain("Back to now");
    const foreign = await support.portal.get(`${pathOf(newSubject())}?as_of=${decisionId}`);
    expect(foreign.status).toBe(404);
    const other = newSubject();
    await buy(world, other);
    const refused = await support.portal.get(`${pathOf(other)}?as_of=${decisionId}`);
    expect(textOf(refused)).toContain("Decision not found for this customer");
    expect(textOf(refused)).toContain("Access is allowed");
  });

  it("syncs from Stripe what never came, once", async () => {
    const subjectRef = newSubject();
    const { id: account } = await world.stripe.client.accounts.retrieveCurrent();
    await world.stripe.control("delivery", { account, mode: "drop" });
    await buy(world, subjectRef);
    await world.stripe.control("delivery", { account, mode: "normal" });
    expect(textOf(await support.portal.get(pathOf(subjectRef)))).toContain(
      "Stripe has not told us of a payment",
    );
    const { reply, fields } = await preview(support.portal, subjectRef, "sync");
    expect(textOf(reply)).toContain("→ allowed");
    expect(await check(subjectRef)).toEqual([false, "no_entitlement"]);
    const path = pathOf(subjectRef, "/sync");
    await support.portal.submit(path, fields);
    expect(await check(subjectRef)).toEqual([true, undefined]);
    expect(textOf(await support.portal.submit(path, fields))).toContain("It is done already");
  });
});
