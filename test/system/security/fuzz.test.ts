import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PortalReply } from "../../../dev/seed/portal-client.ts";
import { applySync } from "../../../shared/contract/operations/customers.ts";
import type { Route } from "../../../workers/portal/auth/route.ts";
import { maxFormBytes } from "../../../workers/portal/http/form.ts";
import { routes } from "../../../workers/portal/routes.ts";
import { randomFrom } from "../../fault/random.ts";
import { fetchTables } from "../tables.ts";
import { describeForm, encodeFields, type FoundForm, showAgain } from "./fuzz/forms.ts";
import { type FuzzWorld, newFuzzWorld } from "./fuzz/fuzz-world.ts";

/**
 * Sends hostile values to every form and every query of the portal. Whatever is sent gets a documented
 * answer, never a 500 or 503; what is refused leaves every table and ledger as it was; what is done is
 * in the audit log as what the form does; and no text comes back as markup.
 *
 * A walk finds the forms on the pages of a project that has something of everything, and the names of
 * the query parameters. A new form is covered by being on a page. Each route has its own random numbers,
 * so `SEED=…` plays one again. `FUZZ_ROUNDS` plays more.
 */

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
const rounds = Number(process.env["FUZZ_ROUNDS"] ?? 2);

/** The statuses that the portal documents. 429 is the limit of passwords and codes. */
const documented = [200, 303, 400, 401, 403, 404, 405, 409, 413, 422, 429, 502];

/** Routes without a form in this stack. They are sent fields that no page has. */
const withoutForm: Record<string, string> = {
  "POST /setup": "its form is gone once the first owner exists",
  "POST /sign-in/with/:provider": "this stack has no provider (test/system/provider-sign-in.test.ts)",
  "POST /account/providers/link": "this stack has no provider",
  "POST /account/providers/unlink": "this stack has no provider",
  "POST /p/:project/:mode/data/:job/stop": "a job of this size has ended before its page is shown",
  "POST /p/:project/:mode/deliveries/jobs/:job/stop": "a job of this size has ended before its page is shown",
  "POST /p/:project/:mode/go-live/copy/:code":
    "needs a Stripe connection in live mode (test/system/go-live.test.ts)",
  "POST /p/:project/:mode/stripe/backfills/:job/resume":
    "needs a gap of a month (test/workerd/stripe-backfills.test.ts)",
  "POST /p/:project/:mode/stripe/backfills/:job/stop":
    "needs a gap of a month (test/workerd/stripe-backfills.test.ts)",
  "POST /p/:project/:mode/bulk/:job/stop": "a job of this size has ended before its page is shown",
  "POST /p/:project/:mode/access-audit/:audit/stop": "no audit runs when the pages are walked",
  "POST /p/:project/:mode/access-audit/:audit/resume": "no audit was stopped when the pages are walked",
  "POST /p/:project/:mode/access-audit/:audit/import": "no audit has findings when the pages are walked",
  "POST /p/:project/:mode/access-audit/:audit/continue": "no import waits when the pages are walked",
};

/** Tables that a refused request may write: none of them is what a form does. */
const bookkeeping: Record<string, string> = {
  sign_in_throttles: "the limits of passwords and codes count refused attempts",
  sign_in_verifications: "an unfinished sign-in",
  operator_sessions: "the time of a session's last use",
};

/** Forms that change something without an audit entry of their own. */
const withoutAudit: Record<string, string> = {
  "POST /account/second-factor": "the secret waits for its first code",
  "POST /forgot-password": "the link is recorded when it is used",
  "POST /p/:project/:mode/keys/:key/revoke": "a key that is revoked already is written to its Keyring again",
  "POST /sign-in/code": "a sign-in is recorded for its operator",
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

let fuzz: FuzzWorld;
/** By route, with the action of a customer's page. */
const forms = new Map<string, FoundForm[]>();
const accepted = new Set<string>();

beforeAll(async () => {
  console.log(`fuzz: SEED=${seed} FUZZ_ROUNDS=${rounds}`);
  fuzz = await newFuzzWorld();
  for (const form of fuzz.forms) {
    const name = describeForm(form.route, form.action);
    const known = forms.get(name) ?? [];
    if (!known.some(({ action, actor }) => action === form.action && actor === form.actor)) known.push(form);
    forms.set(name, known);
  }
  knownEntries = new Set((await readAudit()).keys());
}, 240_000);

afterAll(() => (fuzz as FuzzWorld | undefined)?.receiver.close());

type Random = (below: number) => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[random(values.length)] as T;

/** A path of the route: real objects, and sometimes a hostile name in the place of one. */
function buildPath({ path }: Route, real: string, random: Random): string {
  const names = path.split("/");
  const parts = real.split("/");
  const own = names.flatMap((name, index) => (name.startsWith(":") && index > 3 ? [index] : []));
  const index = own.length > 0 && random(4) === 0 ? pick(random, own) : -1;
  const hostile = pick(random, rawValues);
  // An empty segment or a dot is another path.
  if (index !== -1 && !/^(|\.{1,2}|%2E.*)$/.test(hostile)) parts[index] = hostile;
  return parts.join("/");
}

/** A real path of the route, without a form. */
function buildRealPath({ path }: Route): string {
  const ofForm = [...forms.values()].flat().map(({ action }) => action.split("/"));
  return path
    .split("/")
    .map((name, index) => {
      if (name === ":project") return fuzz.world.projectId;
      if (name === ":mode") return "test";
      if (name === ":action") return "grant";
      if (!name.startsWith(":")) return name;
      const kind = path.split("/")[index - 1];
      return ofForm.find((parts) => parts[index - 1] === kind)?.[index] ?? "none";
    })
    .join("/");
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
function buildForm(given: [string, string][], random: Random): string {
  const fields: [string, string][] = given.length === 0 ? [["nonsense", ""]] : given;
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

/** What is stored: the digest of each table, and the entries of the customer's ledger. */
type Snapshot = Record<string, string>;

async function takeSnapshot(form: FoundForm): Promise<Snapshot> {
  const digests = Object.entries(await fetchTables(fuzz.world));
  const kept = digests.flatMap(([name, { digest }]) =>
    name in bookkeeping ? [] : [[name, digest] as const],
  );
  return { ...Object.fromEntries(kept), ledger: await readLedger(ledgerOf(form)) };
}

/** Reads the object itself: D1 has a new entry only after a flush. */
async function readLedger(page: string): Promise<string> {
  if (page === "") return "";
  const { html } = await fuzz.owner.portal.get(page);
  return [...html.matchAll(/id="(entry-\d+)"/g)].map(([, id]) => id).join(" ");
}

const difference = (a: Snapshot, b: Snapshot) => Object.keys(b).filter((name) => a[name] !== b[name]);

/**
 * Waits until what runs after a reply, such as the flush of a ledger, has ended: until nothing changes
 * for a while.
 */
async function settle(form: FoundForm): Promise<Snapshot> {
  // A bulk job that a form started would otherwise run during a later form.
  if (form.route.path.includes("/bulk")) await fetch(`${fuzz.world.origin}/__dev/cron`, { method: "POST" });
  if (form.route.path.includes("/access-audit")) await waitForAudits(form);
  // Only a customer's object flushes later.
  const enough = isQuiet ? 1 : form.route.path.includes(":subject") ? 5 : 2;
  let last = await takeSnapshot(form);
  for (let tries = 0, equal = 0; tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, isQuiet ? 10 : 60));
    const next = await takeSnapshot(form);
    equal = difference(last, next).length === 0 ? equal + 1 : 0;
    if (equal === enough) return next;
    last = next;
  }
  throw new Error("something is written all the time");
}

/** An access audit that a form started would otherwise write during a later form. */
async function waitForAudits({ action }: FoundForm): Promise<void> {
  const list = action.replace(/\/access-audit.*/, "/access-audit");
  const isAtWork = async () => />(Checking|Importing)</.test((await fuzz.owner.portal.get(list)).html);
  while (await isAtWork()) await fetch(`${fuzz.world.origin}/__dev/cron`, { method: "POST" });
}

/** The actions in the audit log by the id of their entry, without the export that reads them. */
async function readAudit(): Promise<Map<string, string>> {
  const { html } = await fuzz.owner.portal.get("/audit/export");
  const lines = html.split("\r\n").slice(1);
  const entries = lines.map((line) => /^"(\w+)",(?:"(?:[^"]|"")*",){4}"([\w.]+)"/.exec(line));
  return new Map(entries.flatMap((entry) => (entry === null ? [] : [[entry[1] ?? "", entry[2] ?? ""]])));
}

/** The entries of the audit log that were compared before. */
let knownEntries = new Set<string>();

/** The last snapshot, if nothing was done since, and the customer's page that it is of. */
let kept: { of: string; snapshot: Snapshot } | null = null;

/** The page of the customer that a form can change. Test and live mode have a ledger each. */
const ledgerOf = ({ route, action }: FoundForm) =>
  route.path.includes(":subject") ? action.split("/").slice(0, 6).join("/") : "";

/** Shows a form again. Showing the form of an aged session ages the session, which is a change. */
async function show(form: FoundForm): Promise<FoundForm> {
  if (form.actor.name === "aged") kept = null;
  return showAgain(form);
}

/** Whether the last form changed nothing, so that nothing runs after it. */
let isQuiet = false;

/** Sends a body, and compares what it did with what it may do. */
async function send(form: FoundForm, path: string, body: string): Promise<PortalReply | null> {
  const { route, actor } = form;
  const name = `${route.method} ${route.path}`;
  const what = `SEED=${seed} ${actor.name} POST ${path} ${body.slice(0, 500)}`;
  const before = kept?.of === ledgerOf(form) ? kept.snapshot : await settle(form);
  kept = null;
  isQuiet = false;
  const reply = await actor.portal.postRaw(path, body).catch((error: unknown) => {
    // The portal answers 413 without reading such a body, so the connection can end before the answer is read.
    if (body.length > maxFormBytes) return null;
    throw error;
  });
  if (reply !== null) expectDocumented(what, reply);
  const after = await takeSnapshot(form);
  let changed = difference(before, after);
  // A refused password or code is recorded, at most once an hour.
  if (route.checksCredential) changed = changed.filter((table) => table !== "audit_log");
  const isRefused = reply === null || reply.status >= 400;
  if (isRefused) {
    expect(changed, `${what}: refused with ${reply?.status}, and changed`).toEqual([]);
    isQuiet = true;
    if (!route.checksCredential) kept = { of: ledgerOf(form), snapshot: after };
    return reply;
  }
  const isUnchanged = changed.length === 0;
  if (isUnchanged && !route.checksCredential) {
    isQuiet = true;
    return reply;
  }
  await settle(form);
  isQuiet = true;
  const audit = await readAudit();
  const added = [...audit].flatMap(([id, action]) => (knownEntries.has(id) ? [] : [action]));
  knownEntries = new Set(audit.keys());
  if (isUnchanged || name in withoutAudit) return reply;
  // A bulk job records each customer too.
  const others = path.includes("/bulk/")
    ? /^(audit_log\.export|operator\.fail_\w+|customer\.(grant|undo))$/
    : /^(audit_log\.export|operator\.fail_\w+)$/;
  const own = added.filter((action) => !others.test(action));
  expect(own, `${what}: ${changed} changed without an audit entry`).not.toEqual([]);
  const isSync = path.endsWith("/sync");
  const allowed = isSync ? applySync.audit : route.operation?.audit;
  if (allowed !== undefined) for (const action of own) expect(allowed, what).toContain(action);
  return reply;
}

/** What ends an object or a session comes last, so that the other forms keep their objects. */
const isEnding = ({ path }: Route): boolean =>
  /(archive|delete|remove|leave|revoke|erase|disable|stop|end|sign-out)$/.test(path);
const ordered = routes.toSorted((a, b) => Number(isEnding(a)) - Number(isEnding(b)));
const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const formsOf = (route: Route) => [...forms.values()].filter(([first]) => first?.route === route);

it("every form of the portal is on a page of the walk", () => {
  const posts = routes.filter(({ method }) => method === "POST");
  const missing = posts.filter((route) => formsOf(route).length === 0).map(nameOf);
  expect(missing.toSorted()).toEqual(Object.keys(withoutForm).toSorted());
  for (const action of ["grant", "revoke", "adjust", "lift-hold", "undo", "sync"])
    for (const end of ["/preview", ""]) {
      const name = `POST /p/:project/:mode/customers/:subject/${action}${end}`;
      expect(forms.has(name), name).toBe(true);
    }
});

it("the walk finds the names of query parameters", () => {
  expect(queryNames).toEqual(expect.arrayContaining(["q", "before", "after", "as_of", "status", "http"]));
});

it.each(ordered.map((route, index) => [nameOf(route), route, index] as const))(
  "%s gives documented answers only, and does nothing that it refuses",
  async (name, route, index) => {
    const random = randomFrom(seed + index * 7_919);
    if (route.method === "GET") {
      const portal = route.access === "public" ? fuzz.stranger.portal : fuzz.owner.portal;
      for (let round = 0; round < rounds; round++) {
        const address = `${buildPath(route, buildRealPath(route), random)}?${buildQuery(random)}`;
        expectDocumented(`SEED=${seed} GET ${address}`, await portal.get(address));
      }
      return;
    }
    const none: FoundForm = {
      actor: { name: "owner", portal: fuzz.owner.portal, types: {} },
      route,
      action: buildRealPath(route),
      fields: [],
      show: () => fuzz.owner.portal.get("/"),
    };
    const groups = formsOf(route);
    for (const group of groups.length === 0 ? [[none]] : groups) {
      for (let round = 0; round < rounds; round++) {
        const form = await show(pick(random, group));
        await send(form, buildPath(route, form.action, random), buildForm(form.fields, random));
      }
      // As a page shows it: the fuzz would show little if no form were ever accepted.
      const [first = none] = group;
      const form = first === none ? none : await show(first);
      const reply = await send(form, form.action, encodeFields(form.fields));
      if (reply !== null && reply.status < 400) accepted.add(describeForm(route, form.action));
    }
    expect(name).not.toBe("");
  },
  60_000,
);

it("most forms were accepted as their page shows them", () => {
  expect(accepted.size, [...accepted].join("\n")).toBeGreaterThan(30);
});
