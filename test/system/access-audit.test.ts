import { describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import { audit, payDirectly, readFindings, runCrons, sellElsewhere, until } from "./access-audits.ts";
import { readFormFields, toText } from "./forms.ts";
import { newOperator } from "./operators.ts";
import { purchase, readAccess, type StripeWorld, setDelivery } from "./stripe-world.ts";
import { fetchTables } from "./tables.ts";
import { newWorld } from "./world.ts";

/** Customers in all. `AUDIT_CUSTOMERS=2500` plays a large account. */
const customers = Number(process.env["AUDIT_CUSTOMERS"] ?? 120);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** A key opens at most 200 checkouts an hour in test mode, and 8,000 in live mode. */
const mode = customers > 150 ? "live" : "test";
/** Of each kind of broken customer. An audit reads each about 5 times, at most 10 a second. */
const ofEach = Math.min(7, Math.max(2, Math.floor(customers / 60)));
/** Sold at the same time. */
const buyers = 4;

const named = (ref: string) => ({ metadata: { user_id: ref } });

type Story = (world: StripeWorld, ref: string) => Promise<unknown>;

/** What is wrong with a customer, and the class that the audit must find for it. */
const stories: Record<string, { found: string; play: Story }> = {
  late_purchase: {
    found: "paid_but_denied",
    play: (world, ref) => unnoticed(world, () => purchase(world, ref, "PRO_MONTHLY")),
  },
  late_pack: {
    found: "paid_but_denied",
    play: (world, ref) => unnoticed(world, () => purchase(world, ref, "CREDITS_1000")),
  },
  canceled_outside: {
    found: "allowed_but_unpaid",
    play: async (world, ref) => {
      const { subscription } = await purchase(world, ref, "PRO_MONTHLY");
      await unnoticed(world, () => world.stripe.control(`subscriptions/${subscription}`, { cancel: "now" }));
    },
  },
  refunded_outside: {
    found: "allowed_but_unpaid",
    play: async (world, ref) => {
      const { paymentIntent } = await purchase(world, ref, "CREDITS_1000");
      await unnoticed(world, () => world.stripe.control("refunds", { payment_intent: paymentIntent }));
    },
  },
  revoked: {
    found: "by_operator",
    play: async (world, ref) => {
      await purchase(world, ref, "PRO_MONTHLY");
      const { entitlements } = await readAccess(world, ref);
      await act(world, ref, { type: "revoke", entitlementId: entitlements[0]?.["entitlement_id"] });
    },
  },
  granted: {
    found: "by_operator",
    play: (world, ref) =>
      act(world, ref, {
        type: "grant",
        productCode: "CREDITS_1000",
        kind: "usage_pack",
        units: 5,
        durationDays: null,
        expiresAt: null,
      }),
  },
  foreign: {
    found: "not_imported",
    play: (world, ref) => sellElsewhere(world, world.prices.pro, named(ref)),
  },
  foreign_pack: {
    found: "not_imported",
    play: (world, ref) => sellElsewhere(world, world.prices.credits, named(ref), "payment"),
  },
  direct: {
    found: "not_imported",
    play: (world, ref) => payDirectly(world, { metadata: { user_id: ref, price: world.prices.credits } }),
  },
  direct_unnamed: {
    found: "unknown_price",
    play: (world, ref) => payDirectly(world, { metadata: { user_id: ref } }),
  },
  unmapped: { found: "unmapped", play: (world) => sellElsewhere(world, world.prices.pro) },
  archived_price: {
    found: "unknown_price",
    play: async (world, ref) => {
      const price = await world.stripe.createMonthlyPrice("Old plan", 1_900);
      await sellElsewhere(world, price, named(ref));
      await world.stripe.client.prices.update(price, { active: false });
    },
  },
};

const healthy: Story[] = [
  async (world, ref) => void (await purchase(world, ref, "PRO_MONTHLY")),
  async (world, ref) => void (await purchase(world, ref, "PRO_MONTHLY")),
  async (world, ref) => void (await purchase(world, ref, "CREDITS_1000")),
  async (world, ref) => void (await purchase(world, ref, "DAY_PASS")),
];

async function unnoticed(world: StripeWorld, play: () => Promise<unknown>): Promise<void> {
  await world.stripe.control("delivery", { account: world.accountId, mode: "late" });
  await play();
  await setDelivery(world, { mode: "normal" });
}

async function act(world: StripeWorld, ref: string, action: object): Promise<void> {
  await provision(world.origin, "act", world.projectId, mode, ref, {
    actionId: `act-${ref}-0123456789`,
    action,
    fingerprint: null,
    actor: { operatorId: "opr_1", name: "Dana" },
    reason: "goodwill: test",
  });
}

/** A seeded order of the customers' stories. */
function shuffle<T>(all: T[], from: number): T[] {
  let state = from >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return all
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

async function seedCustomers(world: StripeWorld): Promise<Map<string, string>> {
  const broken = Object.entries(stories).flatMap(([name, { found, play }]) =>
    Array.from({ length: ofEach }, (_, index) => ({ ref: `${name}_${index}`, found, play })),
  );
  const well = Array.from({ length: Math.max(0, customers - broken.length) }, (_, index) => ({
    ref: `well_${index}`,
    play: healthy[index % healthy.length] as Story,
  }));
  const waiting = shuffle(well, seed);
  const sell = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await next.play(world, next.ref);
  };
  await Promise.all(Array.from({ length: buyers }, sell));
  // One after another: what goes unnoticed does so in the whole account.
  for (const { ref, play } of shuffle(broken, seed)) await play(world, ref);
  return new Map(broken.map(({ ref, found }) => [ref, found]));
}

const labels: Record<string, string> = {
  paid_but_denied: "Paid but denied",
  allowed_but_unpaid: "Allowed but unpaid",
  by_operator: "By an operator",
  not_imported: "Not imported",
  unmapped: "Unmapped",
  unknown_price: "Unknown price",
};

describe(`access audit of ${customers} customers (SEED=${seed})`, () => {
  it("names exactly the broken customers, twice the same, and an import lets the foreign ones in", async () => {
    const project = await newWorld({ mode });
    const admin = await newOperator("admin", project.accountId);
    const { id: accountId } = await project.stripe.client.accounts.retrieveCurrent();
    const world: StripeWorld = { ...project, accountId };
    const list = `/p/${world.projectId}/${mode}/access-audit`;
    const waitMs = 600_000 + customers * 1_000;
    // Without a daily run: it would begin during the test of a large account.
    const settings = { source: "metadata", metadata_key: "user_id", daily_hour: "" };
    await admin.portal.submit(`${list}/settings`, settings);
    const broken = await seedCustomers(world);
    console.log(`${customers} customers sold`);
    // Late objects reach D1 and its lists.
    await runCrons(world);
    const tables = () => readRights(world);
    const before = await tables();

    const first = await audit(world, admin.portal, waitMs, mode);
    const found = await readFindings(admin.portal, first);
    const shown = toText(await admin.portal.get(first));
    const [, reads = ""] = /Reads from Stripe ([\d,]+)/.exec(shown) ?? [];
    console.log(`${customers} customers, ${found.size} findings: ${reads} reads from Stripe`);
    const expected = [...broken].filter(([, kind]) => kind !== "unmapped");
    expect(Object.fromEntries([...found].filter(([ref]) => !ref.startsWith("sub_")).sort())).toEqual(
      Object.fromEntries(expected.map(([ref, kind]) => [ref, labels[kind]] as const).sort()),
    );
    const unknown = [...found].filter(([ref]) => ref.startsWith("sub_"));
    expect(unknown.map(([, label]) => label)).toEqual(Array(ofEach).fill("Unmapped"));
    expect(await tables()).toEqual(before);
    const second = await readFindings(admin.portal, await audit(world, admin.portal, waitMs, mode));
    expect(second).toEqual(found);

    // A large account takes longer than an operator's authentication counts.
    await provision(world.origin, "ageProof", admin.email, 0);
    const path = await audit(world, admin.portal, waitMs, mode);
    const question = await admin.portal.post(`${path}/import`);
    expect(question.status).toBe(200);
    expect(readFormFields(question, `${path}/import`)).toMatchObject({ confirmed: "yes" });
    await admin.portal.submit(`${path}/import`);
    const foreign = [...broken.values()].filter((kind) => kind === "not_imported").length;
    const held = foreign > 20;
    if (held) {
      const onHold = await until(world, admin.portal, path, /Import on hold/, waitMs);
      expect(onHold).toContain("20 imported");
      const next = await admin.portal.post(`${path}/continue`);
      expect(readFormFields(next, `${path}/continue`)).toMatchObject({ confirmed: "yes" });
      await admin.portal.submit(`${path}/continue`);
    }
    await until(world, admin.portal, path, new RegExp(`${foreign} imported, 0 failed`), waitMs);
    for (const [ref, kind] of broken)
      if (kind === "not_imported") expect(await readAccess(world, ref)).toMatchObject({ has_access: true });
    // What only Stripe knows is synced by the finding's own action.
    for (const ref of [...broken.keys()].filter((each) => /^(late|canceled|refunded)/.test(each)))
      await provision(world.origin, "syncFromStripe", world.projectId, mode, ref, { apply: true });
    const after = await readFindings(admin.portal, await audit(world, admin.portal, waitMs, mode));
    expect([...new Set(after.values())].sort()).toEqual(["By an operator", "Unknown price", "Unmapped"]);
    const overview = toText(await admin.portal.get(`/p/${world.projectId}/${mode}`));
    expect(overview).toMatch(/\b0 paying customers without access/);
    const imports = toText(await admin.portal.get("/audit?action=customer.import"));
    expect(imports).toContain("foreign_0");
  }, 3_600_000);
});

/** The rows that rights are made of, as hashes. */
async function readRights(world: StripeWorld): Promise<object> {
  const { subjects, entitlements, stripe_objects, checkout_attempts } = await fetchTables(world);
  return { subjects, entitlements, stripe_objects, checkout_attempts };
}
