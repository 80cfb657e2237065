import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { verifyExport } from "../../scripts/export/verify.ts";
import { newId } from "../../shared/kit/ids.ts";
import { fieldsOf, textOf } from "./forms.ts";
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

describe("notes", () => {
  it("are written once by support, read by viewers, and deleted by their author or an admin", async () => {
    const subjectRef = newSubject();
    await buy(world, subjectRef);
    const page = await support.portal.get(pathOf(subjectRef));
    const path = pathOf(subjectRef, "/notes");
    const form: Record<string, string> = {
      ...fieldsOf(page, path),
      note: "Called: wants <b>two</b> seats\nin May",
    };
    await Promise.all([1, 2].map(() => support.portal.submit(path, form)));
    const seen = await viewer.portal.get(pathOf(subjectRef));
    expect(seen.html.match(/wants &lt;b&gt;two&lt;\/b&gt; seats/g)).toHaveLength(1);
    expect(seen.html).not.toContain(`action="${path}"`);
    expect((await viewer.portal.post(path, { ...form, note_id: newId("note") })).status).toBe(403);

    const changed = await support.portal.post(path, { ...form, note: "another" });
    expect(changed.status).toBe(409);
    expect(textOf(changed)).toContain("another");
    expect((await support.portal.post(path, { note_id: newId("note"), note: " " })).status).toBe(422);

    const remove = pathOf(subjectRef, `/notes/${form["note_id"]}/delete`);
    const colleague = await newOperator("support", world.accountId);
    expect((await colleague.portal.post(remove)).status).toBe(403);
    await owner.portal.submit(remove);
    await owner.portal.submit(remove);
    const after = textOf(await viewer.portal.get(pathOf(subjectRef)));
    expect(after).toContain("Deleted by");
    expect(after).not.toContain("two");
    const audit = (await owner.portal.get("/audit/export")).html;
    expect(audit.match(/customer\.note_(add|delete)/g)).toEqual([
      "customer.note_delete",
      "customer.note_add",
    ]);
  });
});

describe("an export", () => {
  it("has everything of the customer for an owner only, agrees with itself, and stands in the audit log", async () => {
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
