import { beforeAll, describe, expect, it } from "vitest";
import { hiddenField } from "../../../dev/seed/portal-client.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { encodeDecisionId } from "../../../shared/kit/decision-id.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { readFormFields, toText } from "../forms.ts";
import { newOperator, type TestOperator } from "../operators.ts";
import { buy, newKey, newWorld, readStackTime, type World } from "../world.ts";
import { newestAuditId } from "./newest-audit-id.ts";

/** What people, callers and Stripe send, and what may not follow from it. One sentence per promise. */

const day = 86_400_000;

let world: World;
let owner: TestOperator;
let path: string;

beforeAll(async () => {
  world = await newWorld();
  owner = await newOperator("owner", world.accountId);
  path = `/p/${world.projectId}/test`;
});

const checkout = (body: object, key = newId("req")) =>
  world.api.post("/v1/checkout/session", JSON.stringify(body), { "Idempotency-Key": key });

const ofCredits = (more: object = {}) => ({
  subject_ref: "user_input",
  product_code: "CREDITS_1000",
  ...more,
});

describe("decision ids", () => {
  it("the customer page shows no decision for an id that was forged from a sequence and a time", async () => {
    const subjectRef = newId("req");
    await buy(world, subjectRef);
    await expect.poll(async () => (await world.api.check(subjectRef)).body.allowed).toBe(true);
    const name = subjectName({ projectId: world.projectId, mode: "test", subjectRef });
    const now = await readStackTime(world.origin);
    const forged = [
      { sequence: 1, at: now - day },
      { sequence: 1, at: now + day },
      { sequence: 900, at: now },
      { sequence: 2 ** 48 - 1, at: now },
      { sequence: 0, at: now + 120_000 },
    ];
    for (const moment of forged) {
      const id = encodeDecisionId(name, moment);
      const page = await owner.portal.get(`${path}/customers/${subjectRef}?as_of=${id}`);
      expect(toText(page), JSON.stringify(moment)).toContain("Decision not found for this customer");
      expect(toText(page)).not.toMatch(/Access was (allowed|denied)/);
    }
  });
});

describe("filters", () => {
  const malformed = [
    "http=5xx",
    "since=2030-01-01",
    "status=deed",
    "since=2027-02-30T00:00",
    "endpoint=mine",
    "type=purchase",
    "state=dead",
    "status=dead&status=failed",
  ];

  it.each(malformed)(
    "a bulk requeue with the filter %s is refused in words and queues nothing",
    async (query) => {
      const page = await owner.portal.get(`${path}/deliveries/requeue?${query}`);
      expect(page.status).toBe(422);
      expect(toText(page)).toContain("Invalid filter");
      expect(page.html).not.toContain('name="job_id"');
      const before = await newestAuditId(owner.portal);
      const fields = { ...Object.fromEntries(new URLSearchParams(query)), job_id: newId("job") };
      if (!query.includes("&")) {
        const sent = await owner.portal.post(`${path}/deliveries/requeue`, fields);
        expect(sent.status).toBe(422);
      }
      expect(await newestAuditId(owner.portal)).toBe(before);
      const list = await owner.portal.get(`${path}/deliveries?${query}`);
      expect(list.status).toBe(422);
      expect(list.html).not.toContain("/deliveries/requeue");
    },
  );

  it.each([
    "from=2027-02-30",
    "to=tomorrow",
    "action=everything",
    "project=none",
    "user=x",
    "from=2026-01-01&from=2027-01-01",
  ])("an export of the audit log with the filter %s is refused in words", async (query) => {
    const file = await owner.portal.get(`/audit/export?${query}`);
    expect(file.status).toBe(422);
    expect(file.headers.get("Content-Disposition")).toBeNull();
    expect((await owner.portal.get(`/audit?${query}`)).status).toBe(422);
  });

  it("a form with a field twice is refused, whatever the two values are", async () => {
    const reply = await fetch(`${world.origin}/sign-in`, {
      method: "POST",
      headers: { Origin: world.origin, "Content-Type": "application/x-www-form-urlencoded" },
      body: "email=a%40example.com&email=b%40example.com&password=x",
    });
    expect(reply.status).toBe(422);
  });
});

describe("keys", () => {
  it("the successor of a key that expires expires with it, and the pages say so", async () => {
    const expiresAt = (await readStackTime(world.origin)) + 30 * day;
    const { keyId } = await newKey(world.origin, world.projectId, "test", expiresAt);
    const page = await owner.portal.get(`${path}/keys/${keyId}/rotate`);
    expect(toText(page)).toContain("The new key expires with the old one");
    const newKeyId = hiddenField(page.html, "new_key_id");
    const made = await owner.portal.submit(`${path}/keys/${keyId}/rotate`, {
      new_key_id: newKeyId,
      overlap: "0",
    });
    expect(toText(made)).toContain("like the old one");
    const again = await owner.portal.get(`${path}/keys/${newKeyId}/rotate`);
    expect(toText(again)).toContain("The new key expires with the old one");
    expect(again.html).toContain(new Date(expiresAt).toISOString());
  });

  it.each(["abc", "-1", "0x10", "1e3", "30.0", "+30"])(
    "a key with the lifetime %s is refused instead of never expiring",
    async (expires) => {
      const keyId = hiddenField((await owner.portal.get(`${path}/keys`)).html, "key_id");
      const reply = await owner.portal.post(`${path}/keys`, { key_id: keyId, name: "Odd", expires });
      expect(reply.status).toBe(422);
      expect((await owner.portal.get(`${path}/keys/${keyId}/rotate`)).status).toBe(404);
    },
  );
});

describe("choices of a form", () => {
  const odd = (value: string) => [`0x${Number(value).toString(16)}`, `${value}.0`, `+${value}`, `0${value}`];

  it.each(odd("100"))(
    "a rate limit of %s is refused, and is not changed without its confirmation",
    async (limit) => {
      const reply = await owner.portal.post(`${path}/settings/rate-limit`, { rate_limit: limit });
      expect(reply.status).toBe(422);
      expect(toText(await owner.portal.get(`${path}/settings`))).not.toContain("Rate limit changed");
    },
  );

  it.each(odd("7"))("a recovery link for %s days is refused", async (days) => {
    const form = `${path}/customers/user_unpaid/recovery-link`;
    const fields = readFormFields(await owner.portal.get(form), form);
    expect(fields["link_id"]).toMatch(/^lnk_/);
    expect((await owner.portal.post(form, { ...fields, days })).status).toBe(422);
  });
});

describe("values", () => {
  it.each([
    "kunde@xn--e1afmkfd.xn--p1ai",
    "a&b@example.com",
    "user/dep@example.com",
    "o'neil+x@exa-mple.co.uk",
    "käthe@bücher.example",
  ])("a checkout takes the address %s, as Stripe does", async (customer_email) =>
    expect((await checkout(ofCredits({ customer_email }))).status).toBe(201),
  );

  it.each(["", "nobody", "a@b", "a b@example.com", "a@@example.com", `${"x".repeat(800)}@example.com`])(
    "a checkout refuses %s, which is no address",
    async (customer_email) => expect((await checkout(ofCredits({ customer_email }))).status).toBe(400),
  );

  it("a body with a member twice is refused, and names the member", async () => {
    const twice = '{"subject_ref":"user_input","units":1,"units":1000}';
    const reply = await world.api.post("/v1/usage/consume", twice, { "Idempotency-Key": newId("req") });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ error: "invalid_request", details: [{ path: "units" }] });
  });

  it("metadata with the key __proto__ is refused instead of being lost", async () => {
    const body =
      '{"subject_ref":"user_input","product_code":"CREDITS_1000","metadata":{"__proto__":"x","a":"b"}}';
    const reply = await world.api.post("/v1/checkout/session", body, { "Idempotency-Key": newId("req") });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ details: [{ path: "__proto__" }] });
  });

  it.each(["0x10", "1.000", "01", "+5", "1e1", "", "%20", "5%0A"])(
    "a list refuses the limit %s",
    async (limit) => {
      const reply = await world.api.get(`/v1/entitlements/user_input?limit=${limit}`);
      expect(reply.status).toBe(400);
    },
  );

  it.each([
    { units: "0x10" },
    { units: "1e1" },
    { units: "+5" },
    { units: "01" },
    { units: "1.000" },
    { units: "9".repeat(30) },
    { ends_on: "2027-02-30" },
    { ends_on: "+275760-09-13" },
    { ends_on: "9999-12-31" },
  ])("a grant of %j is refused, and nothing is granted", async (fields) => {
    const grant = `${path}/customers/user_grant/grant`;
    const opened = await owner.portal.get(grant);
    const reply = await owner.portal.post(`${grant}/preview`, {
      ...readFormFields(opened, `${grant}/preview`),
      product_code: "CREDITS_1000",
      reason: "goodwill",
      text: "test",
      ...fields,
    });
    expect(reply.status).toBe(422);
    expect((await world.api.check("user_grant")).body.allowed).toBe(false);
  });
});

describe("storage", () => {
  it("one subject can open 60 checkouts in an hour and no more, and others are not affected", async () => {
    const many = await newWorld();
    const open = (subject_ref: string) =>
      many.api.post("/v1/checkout/session", JSON.stringify({ subject_ref, product_code: "CREDITS_1000" }), {
        "Idempotency-Key": newId("req"),
      });
    const replies = await Promise.all(Array.from({ length: 63 }, () => open("user_many")));
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(3);
    expect(refused[0]?.body["error"]).toBe("rate_limited");
    expect(Number(refused[0]?.headers.get("Retry-After"))).toBeGreaterThan(3_000);
    expect((await open("user_other")).status).toBe(201);
  });

  it("the overview shows the size of the database once a sweep has measured it", async () => {
    await fetch(`${world.origin}/__dev/cron`, { method: "POST" });
    expect(toText(await owner.portal.get(path))).toMatch(/Database \d+\.\d [MG]B/);
  });

  it("a search with more results than a page has a next page, which ends", async () => {
    const many = await newWorld();
    const operator = await newOperator("viewer", many.accountId);
    const names = Array.from({ length: 53 }, (_, index) => `page_${String(index).padStart(3, "0")}`);
    await Promise.all(
      names.map((subject_ref) =>
        many.api.post("/v1/checkout/session", JSON.stringify({ subject_ref, product_code: "CREDITS_1000" }), {
          "Idempotency-Key": newId("req"),
        }),
      ),
    );
    const found: string[] = [];
    let next: string | undefined = `/p/${many.projectId}/test/customers?q=page_`;
    for (let page = 0; next !== undefined && page < 5; page++) {
      const { html } = await operator.portal.get(next.replaceAll("&amp;", "&"));
      found.push(
        ...[...html.matchAll(/<b class="mono"><bdi[^>]*>(page_\d+)<\/bdi><\/b>/g)].map(
          ([, name = ""]) => name,
        ),
      );
      next = /<a class="button small" href="([^"]+)" rel="next"/.exec(html)?.[1];
    }
    expect(found).toEqual(names);
  });
});

describe("replies", () => {
  it.each(["/v1/openapi.json", "/v1/docs", "/v1/nothing", "/v1/entitlements/user_input", "/healthz"])(
    "%s says no-store and nosniff",
    async (page) => {
      const reply = await fetch(world.origin + page, {
        headers: { Authorization: `Bearer ${world.apiKey}` },
      });
      expect(reply.headers.get("Cache-Control")).toBe("no-store");
      expect(reply.headers.get("X-Content-Type-Options")).toBe("nosniff");
    },
  );

  it("no page can be framed, and none may use a device", async () => {
    const docs = await fetch(`${world.origin}/v1/docs`);
    expect(docs.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    const page = await owner.portal.get(path);
    expect(page.headers.get("Content-Security-Policy")).toContain("frame-ancestors 'none'");
    expect(page.headers.get("Permissions-Policy")).toMatch(/camera=\(\).*microphone=\(\).*geolocation=\(\)/);
  });

  it.each([
    ["user\u200b_mark", "has invisible characters"],
    ["us\u0435r_mark", "mixes Latin and Cyrillic letters"],
    ["ka\u0308the_mark", "writes accents as separate characters"],
  ])(
    "operators see that %j is a look-alike in the list, on its page and before they act",
    async (subject_ref, why) => {
      expect((await checkout(ofCredits({ subject_ref }))).status).toBe(201);
      const customer = `${path}/customers/${encodeURIComponent(subject_ref)}`;
      for (const page of [`${path}/customers`, customer, `${customer}/grant`])
        expect(toText(await owner.portal.get(page)), page).toContain(`Look-alike: ${why}`);
      expect(toText(await owner.portal.get(`${path}/customers/user_input`))).not.toContain("Look-alike");
    },
  );
});
