import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PortalClient, type PortalReply, sentencesOf, unescaped } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";
import type { DenialReason } from "../../shared/contract/enums.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { decodeDecisionId } from "../../shared/kit/decision-id.ts";
import { denialLabels } from "../../workers/portal/components/labels/customer.ts";
import { randomFrom } from "../fault/random.ts";
import { toText } from "./forms.ts";
import { advanceClock, purchase, readAccess } from "./stripe-world.ts";
import { newWorld, type World } from "./world.ts";

const notesWanted = 200;
const subjectRef = "user_walk";
const hour = 3_600;

/** The API's answer at one moment, with its decision ID. */
interface Note {
  decisionId: string;
  sequence: number;
  at: number;
  said: string;
}

let stack: Stack;
let stateDir: string;
let world: World;

// Uses its own stack, because the test advances the clock by weeks.
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-as-of-"));
  stack = await startStack({ port: 0, stateDir, cronEveryMs: 0, logFile: join(stateDir, "workers.log") });
  world = await newWorld({ origin: stack.origin });
});
afterAll(async () => {
  await stack.stop();
  await rm(stateDir, { recursive: true, force: true });
});

test(`the customer page shows the API's decision of each of ${notesWanted} past moments`, async () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
  console.log(`as of: SEED=${seed}`);
  const notes = await walk(randomFrom(seed));
  const answers = new Set(notes.map(({ said }) => said));
  console.log(`as of: ${[...answers].join("; ")}`);
  expect(answers).toContain("Access was allowed");
  expect(answers.size, "the walk produced allowed and denied answers").toBeGreaterThanOrEqual(2);
  expect(new Set(notes.map(({ decisionId }) => decisionId)).size).toBeGreaterThanOrEqual(notesWanted);

  const quiet = quietMoments(notes);
  expect(quiet.length, "moments between notes").toBeGreaterThan(5);

  const portal = await operator();
  const wanted = [
    ...notes.map(({ decisionId, said }) => ({ asOf: decisionId, said })),
    ...quiet.map(({ at, said }) => ({ asOf: new Date(at).toISOString(), said })),
  ];
  const shown = await inParallel(6, wanted, async ({ asOf }) => ({
    asOf,
    said: await saidAsOf(portal, asOf),
  }));
  expect(shown, `SEED=${seed}`).toEqual(wanted);

  const flips = await listFlips(portal);
  console.log(`as of: ${flips.length} changes of access`);
  const folded = notes.map((each) => ({ ...each, said: accessAsOf(flips, each) }));
  expect(folded, `SEED=${seed}`).toEqual(notes.map((each) => ({ ...each, said: each.said.split(":")[0] })));
}, 180_000);

test("an access that ended by time no longer reads as turned on", async () => {
  const buyer = "user_day_pass";
  await purchase({ ...world, accountId: "" }, buyer, "DAY_PASS");
  const [pass] = (await readAccess(world, buyer)).entitlements;
  await advanceClock(world.origin, 30 * hour);
  const portal = await operator();
  const [lost = "", granted = "", ...more] = rowsOf((await portal.get(`${pageOf(buyer)}?show=access`)).html);
  expect(more).toEqual([]);
  expect(textOf(lost)).toMatch(
    /Access lost · Day pass expired Automatic · after #1 · View decision Denied $/,
  );
  expect(lost).toContain(`datetime="${pass?.["expires_at"]}"`);
  expect(lost).toContain(`href="#${pass?.["entitlement_id"]}"`);
  expect(textOf(granted)).toMatch(/Purchase granted.*Day pass.* #1 ·.* Allowed $/);
  const decisionId = /as_of=(dec_[0-9a-z]+)/.exec(lost)?.[1] ?? "";
  const said = `Access was denied: ${denialLabels.time_pass_expired}`;
  expect(await saidAsOf(portal, decisionId, buyer)).toBe(said);

  const everything = rowsOf((await portal.get(pageOf(buyer))).html);
  expect(everything.map((row) => textOf(row))).toEqual([
    expect.stringMatching(/Expired.*Day pass.*(?<!Denied) $/),
    textOf(lost),
    expect.stringContaining(textOf(granted).trimEnd()),
  ]);
});

const textOf = (html: string): string => toText({ html } as PortalReply);

/** Returns the rows of ledger entries and of changes by time alone, newest first. */
const rowsOf = (html: string): string[] =>
  html.match(/<li id="(?:entry|access)-(?:(?!<li id="(?:entry|access)-).)*<div class="after">.*?<\/div>/gs) ??
  [];

interface ShownFlip {
  sequence: number;
  at: number;
  allowed: boolean;
}

/** Reads the changes of access from all pages of the timeline, oldest first. */
async function listFlips(portal: PortalClient): Promise<ShownFlip[]> {
  const flips: ShownFlip[] = [];
  let next: string | undefined = `${pageOf(subjectRef)}?show=access`;
  while (next !== undefined) {
    const { html } = await portal.get(next);
    for (const row of rowsOf(html)) {
      const entry = /<li id="entry-(\d+)"/.exec(row)?.[1];
      const id = /as_of=(dec_[0-9a-z]+)/.exec(row)?.[1] ?? "";
      const name = subjectName({ projectId: world.projectId, mode: "test", subjectRef });
      const moment = entry === undefined ? decodeDecisionId(name, id) : { sequence: Number(entry), at: 0 };
      if (moment === null) throw new Error(row);
      flips.unshift({ ...moment, allowed: textOf(row).endsWith(" Allowed ") });
    }
    next = unescaped(/href="([^"]*)" rel="next"/.exec(html)?.[1] ?? "") || undefined;
  }
  return flips;
}

function accessAsOf(flips: ShownFlip[], { sequence, at }: Note): string {
  const last = flips.findLast(
    (flip) => flip.sequence < sequence || (flip.sequence === sequence && flip.at <= at),
  );
  return last?.allowed ? "Access was allowed" : "Access was denied";
}

/**
 * Runs random purchases, reversals and consumes of one customer. Records the API's answer after each step.
 */
async function walk(random: (below: number) => number): Promise<Note[]> {
  const notes: Note[] = [await note()];
  const payments: string[] = [];
  const disputed: string[] = [];
  let subscription: string | null = null;
  const control = (path: string, body: object) => world.stripe.control(path, body);
  const bought = { ...world, accountId: "" };
  while (notes.length < notesWanted) {
    const payment = payments[random(Math.max(1, payments.length))];
    switch (random(15)) {
      case 0:
        payments.push((await purchase(bought, subjectRef, "CREDITS_1000")).paymentIntent);
        break;
      case 1:
        payments.push((await purchase(bought, subjectRef, "DAY_PASS")).paymentIntent);
        break;
      case 2:
        if (subscription === null)
          subscription = (await purchase(bought, subjectRef, "PRO_MONTHLY")).subscription;
        else {
          await control(`subscriptions/${subscription}`, { cancel: "now" });
          subscription = null;
        }
        break;
      case 3:
        if (subscription === null) continue;
        await control(`subscriptions/${subscription}`, { next_payment: "fail" });
        await control(`subscriptions/${subscription}`, { renew: "now" });
        break;
      case 4:
        if (payment === undefined) continue;
        payments.splice(payments.indexOf(payment), 1);
        await control("refunds", { payment_intent: payment });
        break;
      case 5: {
        if (payment === undefined) continue;
        payments.splice(payments.indexOf(payment), 1);
        const { dispute } = (await control("disputes", { payment_intent: payment })) as {
          dispute: { id: string };
        };
        disputed.push(dispute.id);
        break;
      }
      case 6: {
        const dispute = disputed.pop();
        if (dispute === undefined) continue;
        await control(`disputes/${dispute}`, { status: random(2) === 0 ? "won" : "lost" });
        break;
      }
      case 7:
      case 8:
      case 9:
      case 10:
        await world.api.consume(subjectRef, 1 + random(600), `walk-${notes.length}`);
        break;
      default:
        await advanceClock(world.origin, 60 + random(20 * hour));
    }
    notes.push(await note());
  }
  return notes;
}

async function note(): Promise<Note> {
  const { headers, body } = await world.api.check(subjectRef);
  const decisionId = headers.get("Licenzy-Decision") ?? "";
  const name = subjectName({ projectId: world.projectId, mode: "test", subjectRef });
  const moment = decodeDecisionId(name, decisionId);
  if (moment === null) throw new Error(`not a decision ID of this subject: ${decisionId}`);
  const said = body.allowed
    ? "Access was allowed"
    : `Access was denied: ${denialLabels[body.reason as DenialReason]}`;
  return { decisionId, ...moment, said };
}

/**
 * Returns moments halfway between two notes that have the same answer and no ledger entry between them. The
 * decision can't have changed there.
 */
function quietMoments(notes: Note[]): { at: number; said: string }[] {
  return notes.flatMap((earlier, index) => {
    const later = notes[index + 1];
    if (later === undefined || later.sequence !== earlier.sequence || later.said !== earlier.said) return [];
    return later.at - earlier.at < hour
      ? []
      : [{ at: Math.round((earlier.at + later.at) / 2), said: later.said }];
  });
}

let signedIn: Promise<PortalClient> | undefined;
const operator = () => {
  signedIn ??= signIn();
  return signedIn;
};

/** Creates a viewer in the world's account, after the walk, because a session does not last for weeks. */
async function signIn(): Promise<PortalClient> {
  const portal = new PortalClient(stack.origin);
  const email = "viewer@tests.example";
  await portal.submit("/setup", {
    token: stack.secrets.setupToken,
    name: "Viewer",
    email,
    password: "a sentence that nobody guesses",
    account: "Tests",
    project: "tests",
    region: "weur",
  });
  await provision(stack.origin, "moveOperator", email, world.accountId, "viewer");
  return portal;
}

const pageOf = (customer: string) => `/p/${world.projectId}/test/customers/${customer}`;

async function saidAsOf(portal: PortalClient, asOf: string, customer = subjectRef): Promise<string> {
  const { status, html } = await portal.get(`${pageOf(customer)}?as_of=${encodeURIComponent(asOf)}`);
  const heading = /<h2 id="decision">(.*?)<\/h2>/.exec(html)?.[1];
  return heading ?? `${status}: ${sentencesOf(html)}`;
}

async function inParallel<T, R>(width: number, all: T[], work: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const entries = all.entries();
  const lane = async () => {
    for (const [index, each] of entries) results[index] = await work(each);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}
