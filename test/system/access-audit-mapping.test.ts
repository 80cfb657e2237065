import { beforeEach, describe, expect, it } from "vitest";
import { audit, readFindings, sellElsewhere, until } from "./access-audits.ts";
import { readFormFields, toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { purchase, readAccess, type StripeWorld } from "./stripe-world.ts";
import { newWorld } from "./world.ts";

const waitMs = 90_000;

let world: StripeWorld;
let owner: TestOperator;
let list: string;

beforeEach(async () => {
  const project = await newWorld();
  owner = await newOperator("owner", project.accountId);
  const { id } = await project.stripe.client.accounts.retrieveCurrent();
  world = { ...project, accountId: id };
  list = `/p/${world.projectId}/test/access-audit`;
});

const mapBy = (source: "csv" | "client_reference_id") =>
  owner.portal.submit(`${list}/settings`, { source, metadata_key: "", daily_hour: "" });

/** Uploads a file as a browser sends it. */
async function upload(file: string | Uint8Array) {
  const boundary = "----mapping";
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="csv"; filename="map.csv"\r\nContent-Type: text/csv\r\n\r\n`;
  const parts = [Buffer.from(head), Buffer.from(file), Buffer.from(`\r\n--${boundary}--\r\n`)];
  const headers = { "Content-Type": `multipart/form-data; boundary=${boundary}` };
  return owner.portal.postRaw(`${list}/mapping`, Buffer.concat(parts) as unknown as string, headers);
}

const importAll = async (path: string, count: number) => {
  await owner.portal.submit(`${path}/import`);
  await until(world, owner.portal, path, new RegExp(`${count} imported, 0 failed`), waitMs);
};

/** The customer at Stripe of a session that Licenzy did not open. */
async function findCustomer(sessionId: string): Promise<string> {
  const { customer } = await world.stripe.client.checkout.sessions.retrieve(sessionId);
  return typeof customer === "string" ? customer : (customer?.id ?? "");
}

describe("the CSV mapping of an access audit", () => {
  it("names the customers of purchases that Licenzy did not sell", async () => {
    await mapBy("csv");
    const first = await findCustomer(await sellElsewhere(world, world.prices.pro));
    const second = await findCustomer(await sellElsewhere(world, world.prices.pro));
    await sellElsewhere(world, world.prices.pro);
    // Stripe does not know the last one.
    const file = `stripe_customer,subject_ref\r\n${first},user_1\r\n${second},"user ""ü"""\r\ncus_nobody,user_9\r\n`;
    const { status, location } = await upload(file);
    expect(status).toBe(303);
    expect(toText(await owner.portal.get(location ?? ""))).toContain("3 customers mapped.");
    const path = await audit(world, owner.portal, waitMs);
    const found = [...(await readFindings(owner.portal, path)).values()];
    expect(found.sort()).toEqual(["Not imported", "Not imported", "Unmapped"]);
    await importAll(path, 2);
    expect((await readAccess(world, "user_1")).has_access).toBe(true);
    expect((await readAccess(world, encodeURIComponent('user "ü"'))).has_access).toBe(true);
  }, 180_000);

  it("is refused as a whole, and the mapping that is there stays", async () => {
    await upload("cus_1,user_1");
    const doubled = await upload("cus_1,user_1\ncus_2,user_2\ncus_1,user_1");
    expect(doubled.status).toBe(422);
    expect(toText(doubled)).toContain("Line 3: cus_1 is also on line 1.");
    const contradicting = await upload("cus_1,user_1\ncus_1,user_9");
    expect(contradicting.status).toBe(422);
    expect(toText(contradicting)).toContain(
      "The file was not used: 1 problem. Correct the file and upload it again.",
    );
    expect(toText(contradicting)).toContain("cus_1 has two names: user_1 on line 1, and user_9.");
    expect(toText(await upload(""))).toContain("The file has no customer.");
    expect(toText(await owner.portal.get(list))).toContain("1 customer mapped");
  });

  it.each([
    ["UTF-16", new Uint8Array([0xff, 0xfe, ...Buffer.from("cus_1,üser", "utf16le")])],
    ["UTF-16 without a byte order mark", new Uint8Array(Buffer.from("cus_1,üser", "utf16le"))],
    ["Latin-1", new Uint8Array(Buffer.from("cus_1,üser", "latin1"))],
  ])("is refused in %s, with the encoding to save it in", async (_title, file) => {
    const { status, html } = await upload(file);
    expect(status).toBe(422);
    expect(html).toContain("UTF-8");
    expect(toText(await owner.portal.get(list))).toContain("0 customers mapped");
  });

  it("takes 100,000 lines, replaces them, and refuses one more", async () => {
    const lines = (count: number) => Array.from({ length: count }, (_, at) => `cus_${at},user_${at}`);
    expect((await upload(lines(100_000).join("\n"))).status).toBe(303);
    expect(toText(await owner.portal.get(list))).toContain("100,000 customers mapped");
    const above = await upload(lines(100_001).join("\n"));
    expect(above.status).toBe(422);
    expect(toText(above)).toContain("At most 100000 are possible.");
    expect((await upload(lines(3).join("\n"))).status).toBe(303);
    expect(toText(await owner.portal.get(list))).toContain("3 customers mapped");
  }, 120_000);
});

describe("an access audit", () => {
  it("finds customers by the session's client_reference_id", async () => {
    await mapBy("client_reference_id");
    await sellElsewhere(world, world.prices.pro, { client_reference_id: "user_pro" });
    await sellElsewhere(world, world.prices.credits, { client_reference_id: "user_pack" }, "payment");
    await sellElsewhere(world, world.prices.pro);
    const path = await audit(world, owner.portal, waitMs);
    const found = await readFindings(owner.portal, path);
    expect(found.get("user_pro")).toBe("Not imported");
    expect(found.get("user_pack")).toBe("Not imported");
    expect([...found.values()].filter((label) => label === "Unmapped")).toHaveLength(1);
    await importAll(path, 2);
    expect((await readAccess(world, "user_pro")).has_access).toBe(true);
    expect((await readAccess(world, "user_pack")).usage_remaining).toBe(1_000);
  }, 180_000);

  it("shows the subscription of an erased customer without a name and without an action", async () => {
    await mapBy("csv");
    const { subscription } = await purchase(world, "user_gone", "PRO_MONTHLY");
    const erase = `/p/${world.projectId}/test/customers/user_gone/erase`;
    const form = readFormFields(await owner.portal.get(erase), erase);
    const why = { reason: "customer_request", text: "Ticket 7", confirmation: "user_gone" };
    await owner.portal.submit(erase, { ...form, ...why });
    const path = await audit(world, owner.portal, waitMs);
    const [[object, label] = [], ...others] = await readFindings(owner.portal, path);
    // The table shortens the id.
    expect([object?.split("…")[0], label]).toEqual([subscription.slice(0, 9), "Erased"]);
    expect(others).toEqual([]);
    const page = await owner.portal.get(path);
    expect(page.html).not.toContain("user_gone");
    expect(page.html).not.toContain(`${path}/import`);
    expect((await world.api.check("user_gone")).body.allowed).toBe(false);
  }, 120_000);

  it("reads a page again when Stripe hangs in the middle of it, and counts each purchase once", async () => {
    await owner.portal.submit(`${list}/settings`, {
      source: "metadata",
      metadata_key: "user_id",
      daily_hour: "",
    });
    const refs = ["user_1", "user_2", "user_3"];
    const sold = [];
    for (const user_id of refs)
      sold.push(await sellElsewhere(world, world.prices.pro, { metadata: { user_id } }));
    // Lists are newest first: the first one is examined before it hangs.
    const { subscription } = await world.stripe.session(sold[1] ?? "");
    const path = `/v1/subscriptions/${subscription}`;
    await world.stripe.control("api", { account: world.accountId, next: 1, fail: "hang", path });
    const page = await audit(world, owner.portal, waitMs);
    expect(toText(await owner.portal.get(page))).toMatch(/Subscriptions in Stripe 3 /);
    expect(Object.fromEntries(await readFindings(owner.portal, page))).toEqual(
      Object.fromEntries(refs.map((ref) => [ref, "Not imported"])),
    );
  }, 180_000);

  it("repeats reads that Stripe answers with 429, and counts each customer once", async () => {
    for (const ref of ["user_1", "user_2", "user_3"]) await purchase(world, ref, "PRO_MONTHLY");
    const fail = (next: number) =>
      world.stripe.control("api", {
        account: world.accountId,
        next,
        fail: { status: 429 },
        path: "/v1/subscriptions",
      });
    // Three repetitions fit in one turn. More end it, and a later turn reads the page again.
    for (const failures of [2, 5]) {
      await fail(failures);
      const path = await audit(world, owner.portal, waitMs);
      const shown = toText(await owner.portal.get(path));
      expect(shown).toMatch(/Subscriptions in Stripe 3 /);
      expect(shown).toMatch(/In agreement 3 /);
      const [, reads = "0"] = /Reads from Stripe (\d+)/.exec(shown) ?? [];
      expect(Number(reads)).toBeGreaterThan(failures);
      expect(await readFindings(owner.portal, path)).toEqual(new Map());
    }
  }, 240_000);
});
