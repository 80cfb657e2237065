import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dice } from "../../dev/demo-data/dice.ts";
import { fillDemoData } from "../../dev/demo-data/fill.ts";
import { queuedDeliveries } from "../../dev/demo-data/incidents.ts";
import { buildRefs, hostileRefs } from "../../dev/demo-data/refs.ts";
import { stories } from "../../dev/demo-data/stories.ts";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { PortalClient } from "../../dev/seed/portal-client.ts";
import { readWebhooks } from "../../dev/seed/provision.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import type { DeliveryState } from "../../shared/contract/enums.ts";
import { subjectRefSchema } from "../../shared/contract/subject-ref.ts";

/** One customer per story, where `npm start -- --demo-data` has several. */
const names = Object.keys(stories);

/** What the API says about the customer of a story at the end: access, status, reason. */
const expectedAccess = {
  never_paid: [false, "none", "no_entitlement"],
  subscribed: [true, "active", null],
  renewed: [true, "active", null],
  past_due: [false, "past_due", "payment_past_due"],
  dunning_ended: [false, "canceled", "subscription_ended"],
  canceled: [false, "canceled", "subscription_ended"],
  upgraded: [true, "active", null],
  paused: [false, "paused", "subscription_paused"],
  consuming: [true, "active", null],
  packs_in_a_row: [true, "active", null],
  used_up: [false, "exhausted", "usage_exhausted"],
  pack_expired: [false, "exhausted", "usage_exhausted"],
  pass_expired: [false, "expired", "time_pass_expired"],
  pass_active: [true, "active", null],
  refunded: [false, "canceled", "refunded"],
  partly_refunded: [true, "active", null],
  disputed: [false, "past_due", "payment_disputed"],
  dispute_lost: [false, "canceled", "refunded"],
  dispute_won: [true, "active", null],
  hold_lifted: [true, "active", null],
  debit_waiting: [false, "none", "no_entitlement"],
  debit_failed: [false, "none", "no_entitlement"],
  granted: [true, "active", null],
  grant_undone: [false, "canceled", "revoked"],
  credited: [true, "active", null],
  revoked: [false, "canceled", "revoked"],
};

describe("the refs of the demo data", () => {
  it("are the same for the same seed, different from each other, and valid for the API", () => {
    const refs = buildRefs(60, new Dice(7));
    expect(buildRefs(60, new Dice(7))).toEqual(refs);
    expect(buildRefs(60, new Dice(8))).not.toEqual(refs);
    expect(new Set(refs).size).toBe(60);
    expect(refs.filter((ref) => !subjectRefSchema.safeParse(ref).success)).toEqual([]);
    expect(hostileRefs.filter((ref) => !refs.includes(ref))).toEqual([]);
  });
});

describe("npm start -- --demo-data", () => {
  let stateDir: string;
  let stack: Stack;
  let file: StackFile;
  let refs: Record<string, string>;

  beforeAll(async () => {
    stateDir = await mkdtemp(join(tmpdir(), "licenzy-demo-data-"));
    stack = await startStack({ port: 0, stateDir, cronEveryMs: 0, logFile: join(stateDir, "workers.log") });
    const { origin, secrets } = stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    const options = { customers: names.length, seed: 7, print: () => undefined };
    const { demo_customers } = await fillDemoData(file, options);
    refs = Object.fromEntries(Object.entries(demo_customers).map(([ref, story]) => [story, ref]));
  }, 420_000);
  afterAll(async () => {
    await stack?.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  it("has a customer for each story, in the state that the story ends in", async () => {
    const api = new ApiClient(stack.origin, file.test_key);
    const found: Record<string, unknown> = {};
    for (const name of names) {
      const path = `/v1/customer/access/${encodeURIComponent(refs[name] ?? "")}`;
      const { has_access, status, reason } = (await api.get(path)).body;
      found[name] = [has_access, status, reason];
    }
    expect(found).toEqual(expectedAccess);
  });

  it("has deliveries that wait at one failing endpoint, dead ones, and ones that arrived", async () => {
    const scope = { projectId: file.project_id, mode: "test" } as const;
    const endpoints = await readWebhooks(stack.origin, "listEndpoints", scope);
    const count = async (name: string, states: DeliveryState[]) => {
      const endpointId = endpoints.find(({ url }) => url.endsWith(`/${name}`))?.endpointId ?? "";
      const page = { after: null, limit: 100 };
      const filter = { endpointId, states };
      return (await readWebhooks(stack.origin, "listDeliveries", scope, filter, page)).deliveries.length;
    };
    expect(await count("warehouse", ["pending", "failed"])).toBe(queuedDeliveries);
    expect(await count("warehouse", ["sent"])).toBeGreaterThan(10);
    expect(await count("crm", ["dead"])).toBeGreaterThan(0);
    expect(await count("crm", ["sent"])).toBeGreaterThan(10);
    expect(await count("demo", ["pending", "failed"])).toBe(0);
  });

  it("has failed Stripe events, and ledgers that agree with their copies", async () => {
    const owner = new PortalClient(stack.origin);
    const [entry] = file.operators;
    await owner.signIn(entry?.email ?? "", entry?.password ?? "");
    const { html } = await owner.get(`/p/${file.project_id}/test/events?status=failed`);
    expect(new Set([...html.matchAll(/\/events\/(evt_\w+)/g)].map(([, id]) => id)).size).toBe(2);
    const report = (await (await fetch(`${stack.origin}/__dev/verify`)).json()) as Record<string, unknown>;
    expect(report).toMatchObject({ faulty: [] });
  });
});
