import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it, vi } from "vitest";
import { type PortalReply, unescaped } from "../../../dev/seed/portal-client.ts";
import type { Route } from "../../../workers/portal/auth/route.ts";
import { maxFormBytes } from "../../../workers/portal/http/form.ts";
import { routes } from "../../../workers/portal/routes.ts";
import { randomFrom } from "../../fault/random.ts";
import { newOperator, type TestOperator } from "../operators.ts";
import { buy, newWorld, type World } from "../world.ts";
import { newestAuditId } from "./newest-audit-id.ts";

/**
 * Sends hostile values to every form and every query of the portal, as an owner. Whatever is sent gets a documented answer,
 * never a 500 or 503; what is refused changes nothing; and no text comes back as markup.
 *
 * A walk finds the routes, the forms on their pages and the names of the query parameters. Each route has its own random
 * numbers, so `SEED=…` plays one again. `FUZZ_ROUNDS` plays more.
 */

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const rounds = Number(process.env["FUZZ_ROUNDS"] ?? 3);

/** The statuses that the portal documents. */
const documented = [200, 303, 400, 401, 403, 404, 405, 409, 413, 422, 502];

/** These end the session that the test needs, or count against a limit of sign-in that other tests share. */
const excluded: Record<string, string> = {
  "POST /setup": "the setup is over",
  "POST /sign-in": "failed tries lock the sign-in of this address",
  "POST /sign-in/code": "failed tries lock the sign-in of this address",
  "POST /sign-in/with/:provider": "leads to a provider",
  "GET /sign-in/callback/:provider": "comes from a provider",
  "POST /sign-out": "ends the session",
  "POST /team/leave": "ends the membership",
  "POST /prove": "failed tries lock the operator",
  "POST /second-factor": "failed tries lock the operator",
  "POST /account/password": "failed tries lock the operator",
  "POST /account/sessions/end": "ends the session",
  "POST /account/second-factor": "failed tries lock the operator",
  "POST /account/second-factor/confirm": "failed tries lock the operator",
  "POST /account/second-factor/disable": "failed tries lock the operator",
};

const markup = "<script>alert(1)</script>";

/** As they are sent: some are no valid percent-encoding. */
const hostileValues: string[] = [
  ...[
    "",
    " ",
    "0",
    "-1",
    "0x10",
    "1e3",
    "1.000",
    "+5",
    "01",
    "9".repeat(30),
    "NaN",
    "Infinity",
    "null",
    "undefined",
  ],
  ...["[]", "{}", "true", "'; DROP TABLE subjects;--", "%' OR 1=1", markup, `"><img src=x onerror=alert(1)>`],
  ...[
    "\u0000",
    "a\u0000b",
    "\u202eabc",
    "\ufeff",
    "\u{10ffff}",
    "ka\u0308the",
    "\r\nSet-Cookie: a=b",
    "x".repeat(5_000),
  ],
  ...["../../etc/passwd", "..", ".", "/", "\\", "__proto__", "constructor", "toString", "hasOwnProperty"],
  ...[
    "2027-02-30",
    "2027-02-30T25:61",
    "+275760-09-13T00:00",
    "9999-12-31T23:59",
    "0001-01-01",
    "2026-01-01T00:00",
  ],
  ...[
    "dec_00000000000000000000000000000000",
    `dec_${"z".repeat(32)}`,
    `ent_${"0".repeat(26)}`,
    `key_${"z".repeat(26)}`,
  ],
  ...[
    "9999999999999999.user",
    "1.1",
    "cus_1",
    "price_1",
    "a@b",
    "javascript:alert(1)",
    "https://user:pw@[::1]:99999/",
  ],
].map((text) => encodeURIComponent(text));
const rawValues = [...hostileValues, "%", "%ff", "%E0%A4%A", "%u0041", "%00", "%c0%80"];

const folder = join(import.meta.dirname, "../../../workers/portal");

/** The names of query parameters that the portal's source reads. */
function listQueryNames(): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  const source = files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  const read = [...source.matchAll(/c\.req\.query\("(\w+)"\)/g)].map(([, name = ""]) => name);
  const filters = [
    "status",
    "endpoint",
    "type",
    "http",
    "customer",
    "action",
    "who",
    "project",
    "from",
    "to",
  ];
  return [
    ...new Set([...read, ...filters, "since", "until", "price", "kind", "sequence", "nonsense"]),
  ].toSorted();
}
const queryNames = listQueryNames();

let world: World;
let owner: TestOperator;
/** Fields of the forms that pages show, by the pattern of the route that they post to. */
const forms = new Map<string, Record<string, string>>();
const objects: Record<string, string> = {};

beforeAll(async () => {
  console.log(`fuzz: SEED=${seed} FUZZ_ROUNDS=${rounds}`);
  world = await newWorld();
  owner = await newOperator("owner", world.accountId);
  await buy(world, "user_fuzz");
  await vi.waitFor(async () => expect((await world.api.check("user_fuzz")).body.allowed).toBe(true), {
    timeout: 10_000,
  });
  const root = `/p/${world.projectId}/test`;
  const keys = await owner.portal.get(`${root}/keys`);
  const events = await owner.portal.get(`${root}/events`);
  Object.assign(objects, {
    subject: "user_fuzz",
    code: "CREDITS_1000",
    key: /\/keys\/(key_\w+)\/rotate/.exec(keys.html)?.[1] ?? "",
    event: /\/events\/(evt_\w+)/.exec(events.html)?.[1] ?? "",
    action: "grant",
  });
  for (const { method, path } of routes) {
    if (method !== "GET" || `GET ${path}` in excluded) continue;
    collectForms(await owner.portal.get(fillPath(path, objects)));
  }
}, 240_000);

function fillPath(path: string, values: Record<string, string>): string {
  return path
    .replace(":project", world.projectId)
    .replace(":mode", "test")
    .replace(/:(\w+)/g, (_, name: string) => values[name] ?? "none");
}

const toPattern = (path: string): RegExp => new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`);

function collectForms({ html }: PortalReply): void {
  for (const [, attributes = "", content = ""] of html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
    const action = unescaped(/action="([^"?]*)/.exec(attributes)?.[1] ?? "");
    const route = routes.find(({ method, path }) => method === "POST" && toPattern(path).test(action));
    if (route === undefined) continue;
    const fields = forms.get(route.path) ?? {};
    for (const [tag] of content.matchAll(/<(input|select|textarea)[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1];
      if (name !== undefined) fields[name] = unescaped(/value="([^"]*)"/.exec(tag)?.[1] ?? "");
    }
    forms.set(route.path, fields);
  }
}

type Random = (below: number) => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)] as T;

/** A path of the route: real objects, and sometimes a hostile name in the place of one. */
function buildPath({ path }: Route, random: Random): string {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const values = { ...objects };
  if (names.length > 2 && random(3) === 0) {
    const hostile = pick(random, rawValues);
    // An empty segment or a dot is another path.
    if (!/^(|\.{1,2}|%2E.*)$/.test(hostile)) values[pick(random, names.slice(2))] = hostile;
  }
  return fillPath(path, values);
}

function buildQuery(random: Random): string {
  const pairs = Array.from(
    { length: 1 + random(3) },
    () => `${pick(random, queryNames)}=${pick(random, rawValues)}`,
  );
  if (random(4) === 0) pairs.push(pairs[0] ?? "");
  return pairs.join("&");
}

/** The form as a page shows it, with some values replaced, and sometimes a field more, twice or missing. */
function buildForm({ path }: Route, random: Random): string {
  const fields = Object.entries(forms.get(path) ?? { nonsense: "" });
  const changed = random(fields.length);
  const pairs = fields.map(([name, value], index) => [
    encodeURIComponent(name),
    index === changed || random(4) === 0 ? pick(random, rawValues) : encodeURIComponent(value),
  ]);
  const variant = random(8);
  if (variant === 0) pairs.push(["nonsense", pick(random, rawValues)]);
  if (variant === 1) pairs.push([pairs[0]?.[0] ?? "", pick(random, rawValues)]);
  if (variant === 2) pairs.pop();
  if (variant === 3) pairs.push(["filler", "x".repeat(70_000)]);
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

function expectDocumented(what: string, { status, headers, html }: PortalReply): void {
  expect(documented, `${what}: ${status} ${html.slice(0, 300)}`).toContain(status);
  expect(headers.get("Request-Id"), what).toMatch(/^req_/);
  expect(headers.get("Set-Cookie") ?? "", what).not.toMatch(/a=b/);
  const isPage = (headers.get("Content-Type") ?? "").startsWith("text/html");
  if (isPage) expect(html, what).not.toContain(markup);
  expect(html, what).not.toMatch(/\n\s+at \w|D1_ERROR|SQLITE_|ZodError/);
}

const fuzzed = routes
  .filter(({ method, path }) => !(`${method} ${path}` in excluded))
  .map((route, index) => [`${route.method} ${route.path}`, route, index] as const);

it("the walk finds every route, and the fields of at least 20 forms", () => {
  const names = routes.map(({ method, path }) => `${method} ${path}`);
  for (const name of Object.keys(excluded)) expect(names).toContain(name);
  const posts = fuzzed.filter(([, { method }]) => method === "POST");
  const withFields = posts.filter(([, { path }]) => forms.has(path)).map(([name]) => name);
  expect(posts.length).toBeGreaterThan(30);
  // Forms of objects that this world does not have, such as endpoints, are sent without their fields.
  expect(withFields.length, withFields.join("\n")).toBeGreaterThanOrEqual(20);
  expect(queryNames).toEqual(expect.arrayContaining(["q", "before", "after", "as_of", "status", "http"]));
});

it.each(fuzzed)(
  "%s gives documented answers only, and does nothing that it refuses",
  async (name, route, index) => {
    const random = randomFrom(seed + index * 7_919);
    for (let round = 0; round < rounds; round++) {
      const path = buildPath(route, random);
      if (route.method === "GET") {
        const address = `${path}?${buildQuery(random)}`;
        expectDocumented(`SEED=${seed} GET ${address}`, await owner.portal.get(address));
        continue;
      }
      const body = buildForm(route, random);
      const before = await newestAuditId(owner.portal);
      const reply = await owner.portal.postRaw(path, body).catch((error: unknown) => {
        // The portal answers 413 without reading such a body, so the connection can end before the answer is read.
        if (body.length > maxFormBytes) return null;
        throw error;
      });
      const what = `SEED=${seed} POST ${path} ${body.slice(0, 500)}`;
      if (reply !== null) expectDocumented(what, reply);
      const isRefused = reply === null || (reply.status >= 400 && reply.status !== 502);
      if (isRefused) expect(await newestAuditId(owner.portal), what).toBe(before);
    }
    expect(name).not.toBe("");
  },
  120_000,
);
