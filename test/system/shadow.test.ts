import { beforeAll, describe, expect, it } from "vitest";
import { hiddenField } from "../../dev/seed/portal-client.ts";
import { eventually } from "../eventually.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { fetchTables } from "./tables.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
let admin: TestOperator;
let viewer: TestOperator;
let path: string;

beforeAll(async () => {
  world = await newWorld();
  admin = await newOperator("admin", world.accountId);
  viewer = await newOperator("viewer", world.accountId);
  path = `/p/${world.projectId}/test/shadow`;
  await buy(world, "user_paid");
  await eventually(async () => expect((await world.api.check("user_paid")).body.allowed).toBe(true));
});

const shadow = (subject_ref: string, allowed: boolean) =>
  world.api.post("/v1/access/shadow", { subject_ref, allowed });

/** The text of a page, without markup. */
const textOf = (html: string) =>
  html
    .slice(html.indexOf("<main"))
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

const tables = () => fetchTables(world);

describe("POST /v1/access/shadow", () => {
  it("decides as a check does, and says whether the app agrees", async () => {
    const agreed = await shadow("user_paid", true);
    expect([agreed.status, agreed.body]).toEqual([
      200,
      { subject_ref: "user_paid", agrees: true, allowed: true },
    ]);
    expect(agreed.headers.get("Licenzy-Decision")).toMatch(/^dec_/);
    expect(agreed.headers.get("Cache-Control")).toBe("no-store");
    const reason = "no_entitlement";
    expect((await shadow("user_unknown", false)).body).toEqual({
      subject_ref: "user_unknown",
      agrees: true,
      allowed: false,
      reason,
    });
    expect((await shadow("user_let_in", true)).body).toEqual({
      subject_ref: "user_let_in",
      agrees: false,
      allowed: false,
      reason,
    });
    expect((await shadow("user_paid", false)).body).toEqual({
      subject_ref: "user_paid",
      agrees: false,
      allowed: true,
    });
  });

  it.each([
    ["without an answer", { subject_ref: "user_1" }],
    ["with an answer that is text", { subject_ref: "user_1", allowed: "true" }],
    ["with another field", { subject_ref: "user_1", allowed: true, mode: "test" }],
    ["with a broken subject_ref", { subject_ref: " user_1", allowed: true }],
  ])("refuses a body %s", async (_title, body) => {
    const reply = await world.api.post("/v1/access/shadow", body);
    expect([reply.status, reply.body["error"]]).toEqual([400, "invalid_request"]);
  });

  it("an unknown customer leaves no trace but the disagreement", async () => {
    const other = await newWorld();
    const before = await fetchTables(other);
    const post = (subject_ref: string, allowed: boolean) =>
      other.api.post("/v1/access/shadow", { subject_ref, allowed });
    expect((await post("user_stranger", true)).status).toBe(200);
    expect((await post("user_nobody", false)).status).toBe(200);
    await eventually(async () => {
      const after = await fetchTables(other);
      expect(after["shadow_disagreements"]?.rows).toBe(1);
      for (const table of ["subjects", "entitlements", "checkout_attempts", "events"])
        expect([table, after[table]?.rows]).toEqual([table, before[table]?.rows]);
    });
  });
});

describe("the shadow page", () => {
  it("lists the latest disagreement of each customer, counts, and is cleared after a confirmation", async () => {
    await shadow("user_<b>&\"'", true);
    await eventually(async () => {
      const text = textOf((await viewer.portal.get(path)).html);
      expect(text).toContain("user_&lt;b&gt;");
      expect(text).toMatch(/user_paid .*?Denied Allowed Allowed/);
      expect(text).toMatch(/user_let_in .*?Allowed Denied no active entitlement Not a customer/);
      expect(text).toMatch(/Disagreed 3/);
      expect(text).toMatch(/Agreed 2/);
    });
    expect((await tables())["shadow_disagreements"]?.rows).toBe(3);
    expect((await viewer.portal.get(path)).html).not.toContain("/shadow/clear");
    expect((await viewer.portal.post(`${path}/clear`)).status).toBe(403);

    const question = await admin.portal.post(`${path}/clear`);
    expect(hiddenField(question.html, "confirmed")).toBe("yes");
    expect((await tables())["shadow_disagreements"]?.rows).toBe(3);
    const cleared = await admin.portal.submit(`${path}/clear`);
    const { html } = await admin.portal.get(cleared.location ?? "");
    expect(html).toContain("List cleared: 3 customers.");
    expect(textOf(html)).toContain("No disagreements listed");
    expect(textOf((await admin.portal.get("/audit")).html)).toContain("Cleared shadow disagreements");
  });

  it("compares a list as of now, and records nothing", async () => {
    const before = await tables();
    const list = "subject_ref,allowed\nuser_paid,true\nuser_x,TRUE\nuser_y,false\nuser_y,false";
    const { status, html } = await admin.portal.post(`${path}/compare`, { answers: list });
    expect(status).toBe(200);
    expect(textOf(html)).toContain("2 of 3 answers agree. 1 differ. 1 repeated line ignored.");
    expect(textOf(html)).toMatch(/user_x .*?Allowed Denied no active entitlement/);
    const after = await tables();
    expect(after["shadow_disagreements"]).toEqual(before["shadow_disagreements"]);
    expect(after["subjects"]).toEqual(before["subjects"]);
    expect((await viewer.portal.post(`${path}/compare`, { answers: list })).status).toBe(403);
  });

  it("compares an uploaded file in another encoding", async () => {
    const boundary = "----answers";
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\n`;
    const file = new Uint8Array([
      0xff,
      0xfe,
      ...new Uint8Array(Buffer.from("üser,true\nuser_paid,true", "utf16le")),
    ]);
    const body = Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    const type = `multipart/form-data; boundary=${boundary}`;
    const { status, html } = await admin.portal.postRaw(`${path}/compare`, body as unknown as string, {
      "Content-Type": type,
    });
    expect(status).toBe(200);
    expect(textOf(html)).toContain("1 of 2 answers agree.");
    expect(html).toContain("üser");
  });

  it("names the lines that it can't read, and compares nothing", async () => {
    const { status, html } = await admin.portal.post(`${path}/compare`, {
      answers: "user_1,perhaps\nuser_2,true",
    });
    expect(status).toBe(422);
    expect(textOf(html)).toContain("Line 1: allowed is “perhaps”. Enter true or false.");
    expect(textOf(html)).toContain("Nothing was compared.");
    expect((await admin.portal.post(`${path}/compare`, {})).status).toBe(422);
    expect((await admin.portal.get(`${path}?before=x`)).status).toBe(422);
  });
});
