import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { verifyExport } from "../../scripts/export/verify.ts";
import { newId } from "../../shared/kit/ids.ts";
import { readFormFields, toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
let owner: TestOperator;
let support: TestOperator;
let viewer: TestOperator;

beforeAll(async () => {
  world = await newWorld();
  owner = await newOperator("owner", world.accountId);
  support = await newOperator("support", world.accountId);
  viewer = await newOperator("viewer", world.accountId);
});

const newSubject = () => `user/${randomBytes(4).toString("hex")} ü%`;
const pathOf = (subjectRef: string, page = "") =>
  `/p/${world.projectId}/test/customers/${encodeURIComponent(subjectRef)}${page}`;

describe("customer notes", () => {
  it("a note is written once by support, read by viewers and deleted by its author or an admin", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const page = await support.portal.get(pathOf(subjectRef, "?tab=notes"));
    const path = pathOf(subjectRef, "/notes");
    const form: Record<string, string> = {
      ...readFormFields(page, path),
      note: "Called: wants <b>two</b> seats\nin May",
    };
    await Promise.all([1, 2].map(() => support.portal.submit(path, form)));
    const seen = await viewer.portal.get(pathOf(subjectRef));
    expect(seen.html.match(/wants &lt;b&gt;two&lt;\/b&gt; seats/g)).toHaveLength(1);
    expect(seen.html).not.toContain(`action="${path}"`);
    expect((await viewer.portal.post(path, { ...form, note_id: newId("note") })).status).toBe(403);

    const changed = await support.portal.post(path, { ...form, note: "another" });
    expect(changed.status).toBe(409);
    expect(toText(changed)).toContain("another");
    expect((await support.portal.post(path, { note_id: newId("note"), note: " " })).status).toBe(422);

    const remove = pathOf(subjectRef, `/notes/${form["note_id"]}/delete`);
    const colleague = await newOperator("support", world.accountId);
    expect((await colleague.portal.post(remove, { confirmed: "yes" })).status).toBe(403);
    await owner.portal.submit(remove);
    await owner.portal.submit(remove);
    const after = toText(await viewer.portal.get(pathOf(subjectRef)));
    expect(after).toContain("Deleted by");
    expect(after).not.toContain("two");
    const audit = (await owner.portal.get("/audit/export")).html;
    expect(audit.match(/customer\.note_(add|delete)/g)).toEqual([
      "customer.note_delete",
      "customer.note_add",
    ]);
  });
});

describe("customer export", () => {
  it("an export gives only owners the customer's whole record, verifies and is audited", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    for (const key of ["one", "two"]) await world.api.consume(subjectRef, 5, key);
    const noted = pathOf(subjectRef, "/notes");
    await support.portal.submit(noted, { note_id: newId("note"), note: "Likes tea" });
    const path = pathOf(subjectRef, "/export");
    expect((await support.portal.post(path)).status).toBe(403);
    expect((await support.portal.get(pathOf(subjectRef))).html).not.toContain(path);
    expect((await owner.portal.get(pathOf(subjectRef))).html).toContain(`action="${path}"`);
    const { html: text, headers } = await owner.portal.submit(path);
    expect(headers.get("Content-Disposition")).toMatch(/^attachment; filename="licenzy-customer-\d+\.json"$/);
    expect(verifyExport(text).faults).toEqual([]);
    const file = JSON.parse(text);
    expect(file).toMatchObject({
      subject_ref: subjectRef,
      ledger: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }],
      state: { entitlements: [{ unitsRemaining: 990 }] },
      checkout_attempts: [{ status: "finalized" }],
      notes: [{ text: "Likes tea" }],
      audit_log: [{ action: "customer.note_add" }, { action: "customer.export" }],
      subjects: [{ subject_ref: subjectRef }],
    });
    expect(JSON.parse(file.stripe_events[0].payload).data.object.metadata.licenzy_subject_ref).toBe(
      subjectRef,
    );
    const tampered = text.replace('\\"consumed\\":5', '\\"consumed\\":4');
    expect(verifyExport(tampered).faults).toEqual([expect.stringMatching(/^Entry 2: the entry was changed/)]);
  });
});

describe("customer erasure", () => {
  const why = { reason: "customer_request", text: "Ticket 7" };

  it("an erasure requires an owner and the typed name and happens once when submitted twice", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const path = pathOf(subjectRef, "/erase");
    const admin = await newOperator("admin", world.accountId);
    expect((await admin.portal.get(path)).status).toBe(403);
    const page = await owner.portal.get(path);
    expect(toText(page)).toMatch(/Access: allowed → denied.*Entitlements 1 Ledger entries 1/);
    const form = { ...readFormFields(page, path), ...why };
    expect((await admin.portal.post(path, { ...form, confirmation: subjectRef })).status).toBe(403);
    const mistyped = await owner.portal.post(path, { ...form, confirmation: subjectRef.slice(1) });
    expect(mistyped.status).toBe(422);
    expect(toText(mistyped)).toContain("exactly as shown above");
    const naming = await owner.portal.post(path, {
      ...form,
      text: `for ${subjectRef}`,
      confirmation: subjectRef,
    });
    expect(naming.status).toBe(422);
    expect((await world.api.check(subjectRef)).body).toMatchObject({ allowed: true });

    const sent = { ...form, confirmation: subjectRef };
    await Promise.all([1, 2].map(() => owner.portal.submit(path, sent)));
    await owner.portal.submit(path, sent);
    expect((await world.api.check(subjectRef)).body).toMatchObject({
      allowed: false,
      reason: "no_entitlement",
    });
    const after = await owner.portal.get(pathOf(subjectRef));
    expect(after.status).toBe(404);
    expect(toText(after)).toMatch(/This customer was erased Erased on .* by /);
    expect(after.html).not.toMatch(/\/(grant|sync|export|notes)"/);
    const query = encodeURIComponent(subjectRef);
    const found = await owner.portal.get(`/p/${world.projectId}/test/customers?q=${query}`);
    expect(toText(found)).toContain("This customer was erased");
    const log = (await owner.portal.get("/audit/export")).html;
    expect(log.match(/customer\.erase/g)).toHaveLength(1);
    expect(log).not.toContain(subjectRef);
  });

  it("a checkout grants access when opened after an erasure, but not when opened before it", async () => {
    const subjectRef = newSubject();
    const open = await world.api.checkout(subjectRef, "CREDITS_1000", randomBytes(8).toString("hex"));
    const path = pathOf(subjectRef, "/erase");
    const page = await owner.portal.get(path);
    expect(toText(page)).toContain("One checkout is open.");
    await owner.portal.submit(path, { ...readFormFields(page, path), ...why, confirmation: subjectRef });
    await world.stripe.pay(sessionIdOf(open.body.checkout_url));
    expect((await world.api.check(subjectRef)).body).toMatchObject({
      allowed: false,
      reason: "no_entitlement",
    });
    const events = await owner.portal.get(`/p/${world.projectId}/test/events?status=ignored`);
    expect(toText(events)).toContain("erased");
    expect(toText(events)).not.toContain(subjectRef);
    await buy(world, subjectRef);
    expect((await world.api.check(subjectRef)).body).toMatchObject({ allowed: true });
    expect((await owner.portal.get(pathOf(subjectRef))).status).toBe(200);
  });

  it("an erasure requires re-authentication when the last one is old, and then completes", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const careful = await newOperator("owner", world.accountId);
    const path = pathOf(subjectRef, "/erase").replace("/test/", "/live/");
    const form = { erasure_id: newId("ers"), ...why, confirmation: subjectRef };
    await provision(world.origin, "ageProof", careful.email, 31 * 60_000);
    const reauthPage = await careful.portal.post(path, form);
    expect(reauthPage.status).toBe(401);
    expect(toText(reauthPage)).toContain("Confirm your identity");
    const done = await careful.portal.submit("/prove", {
      ...readFormFields(reauthPage, "/prove"),
      proof: careful.password,
    });
    expect(done.location).toBe(pathOf(subjectRef).replace("/test/", "/live/"));
    // The same subject_ref in the other mode is a different customer.
    expect((await world.api.check(subjectRef)).body).toMatchObject({ allowed: true });
  });
});
