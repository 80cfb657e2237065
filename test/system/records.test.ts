import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
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
