import { beforeAll, describe, expect, it } from "vitest";
import { hiddenFields, unescaped } from "../../dev/seed/portal-client.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
let admin: TestOperator;
let support: TestOperator;
let data: string;

beforeAll(async () => {
  world = await newWorld();
  admin = await newOperator("admin", world.accountId);
  support = await newOperator("support", world.accountId);
  data = `/p/${world.projectId}/test/data`;
});

const customer = (page: string) =>
  `/p/${world.projectId}/test/customers/${encodeURIComponent("user/1 ü")}${page}`;

describe("data check", () => {
  it("the data check visits every customer and shows its progress, and the cron sweeps it", async () => {
    const empty = hiddenFields((await admin.portal.get(data)).html, data);
    const refused = await admin.portal.post(data, empty);
    expect(refused.status).toBe(409);
    expect(toText(refused)).toContain("No customers to verify yet");

    await buy(world, "user/1 ü");
    await buy(world, "user_2");
    const form = hiddenFields((await admin.portal.get(data)).html, data);
    expect(form).toMatchObject({ kind: "verify" });
    const { location } = await admin.portal.submit(data, form);
    const job = location ?? "";
    expect(job).toBe(`${data}/${form["job_id"]}`);
    await expect
      .poll(async () => toText(await admin.portal.get(job)))
      .toMatch(/Finished.*2 of 2 customers checked.*No differences/s);

    const again = await admin.portal.post(data, form);
    expect(again.status).toBe(409);
    expect(toText(again)).toContain("This form was submitted twice");
    const late = await admin.portal.post(`${job}/stop`, {});
    expect(late.status).toBe(409);
    expect(toText(late)).toContain("already finished");
    expect(toText(await admin.portal.get(data))).toMatch(/Verify data just now .* by .* 0 0 2 Finished/s);
    const live = await admin.portal.get(job.replace("/test/", "/live/"));
    expect(live.status).toBe(404);

    const swept = await fetch(`${world.origin}/__dev/cron`, { method: "POST" });
    expect(await swept.json()).toMatchObject({ subjectJobs: { jobs: 0 } });
  });

  it("the customer page links to that customer's data check and to the repair of its D1 copy", async () => {
    const page = unescaped((await support.portal.get(customer(""))).html);
    expect(page).toContain(`href="${customer("/check")}"`);
    expect(toText(await support.portal.get(customer("/check")))).toContain(
      "Ledger, state and search data match",
    );
    const { location } = await support.portal.submit(customer("/repair"), {});
    expect(location).toBe(customer("/check"));
    expect(toText(await support.portal.get(customer("/check")))).toContain("Search data rebuilt");
    const audit = await admin.portal.get("/audit?action=customer.resync");
    expect(toText(audit)).toContain("user/1 ü");
  });
});
