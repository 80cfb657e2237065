import { describe, expect, it, vi } from "vitest";
import { DevelopmentOperator } from "../../dev/entries/deliveries/development-operator.ts";
import type { Mode } from "../../shared/contract/enums.ts";
import type { JobKey } from "../../shared/contract/messages.ts";
import {
  requeueDelivery,
  requeueMany,
  resendDelivery,
  stopDeliveryJob,
} from "../../shared/contract/operations/deliveries.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  editEndpoint,
  enableEndpoint,
  replayEvents,
  revealSecret,
  rotateSecret,
  sendTestEvent,
} from "../../shared/contract/operations/endpoints.ts";
import type { InputOf } from "../../shared/contract/operations/operation.ts";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import { type OperationOf, operations } from "../../shared/contract/operations/table.ts";
import { hasRole, roles } from "../../shared/contract/roles.ts";
import { readEndpoint } from "../../shared/db/endpoints.ts";
import { newId } from "../../shared/kit/ids.ts";
import { listDeliveries } from "../../workers/deliveries/db/deliveries.ts";
import { claimDelivery, recordDeliveryAttempt } from "../../workers/deliveries/db/delivery-attempts.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { WebhookOperatorEntrypoint } from "../../workers/deliveries/operator-entrypoint.ts";
import { listAuditEntries } from "../../workers/portal/db/audit.ts";
import { deliveriesEnv, now } from "./endpoints.ts";
import { type Account, newAccount, newMember } from "./members.ts";
import { callsOf } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const { DB } = env;
const waitUntil = vi.fn((work: Promise<unknown>) => work);
const started: string[] = [];

const LANES = { runJob: async ({ jobId }: JobKey) => void started.push(jobId) };
const context = { waitUntil } as unknown as ExecutionContext;
const entrypoint = new WebhookOperatorEntrypoint(context, {
  ...deliveriesEnv,
  LANES,
} as unknown as DeliveriesEnv);
const run = callsOf<"deliveries">(entrypoint);
const input = { url: "http://127.0.0.1:9/", description: "", eventTypes: ["purchase.finalized"] };
const newInput = () => ({ endpointId: newId("ep"), ...input });

type Place = { projectId: string; mode: Mode };
const placeOf = ({ projectId }: Account, mode: Mode = "test"): Place => ({ projectId, mode });

/** An input of each operation that its schema takes. */
const inputs: { [O in OperationOf<"deliveries"> as O["name"]]: () => InputOf<O> } = {
  "endpoint.create": newInput,
  "endpoint.edit": () => ({ ...input, endpointId: "ep_none", version: 0 }),
  "endpoint.enable": () => ({ endpointId: "ep_none", waiting: "send" }),
  "endpoint.disable": () => ({ endpointId: "ep_none" }),
  "endpoint.delete": () => ({ endpointId: "ep_none" }),
  "endpoint.reveal_secret": () => ({ endpointId: "ep_none" }),
  "endpoint.rotate_secret": () => ({ endpointId: "ep_none", version: 0, overlapMs: 0 }),
  "endpoint.send_test": () => ({ endpointId: "ep_none" }),
  "endpoint.replay": () => ({ jobId: newId("job"), endpointId: "ep_none", since: 1 }),
  "delivery.requeue": () => ({ deliveryId: "dlv_none" }),
  "delivery.resend": () => ({ deliveryId: "dlv_none" }),
  "delivery.requeue_many": () => ({ jobId: newId("job"), filter: {} }),
  "delivery_job.stop": () => ({ jobId: "job_none" }),
  "alert.assign": () => ({ alertId: "alr_none", version: 0, operatorId: null }),
  "alert.snooze": () => ({ alertId: "alr_none", version: 0, until: null }),
  "alert.finish": () => ({ alertId: "alr_none", version: 0 }),
  "alert_rules.change": () => ({ version: 0, rules: [] }),
  "alert_channel.create": () => ({
    channelId: newId("chn"),
    kind: "webhook",
    address: "http://127.0.0.1:9/",
  }),
  "alert_channel.delete": () => ({ channelId: "chn_none" }),
  "alert_channel.test": () => ({ channelId: "chn_none" }),
};
const actions = operations.flatMap((operation) =>
  operation.worker === "deliveries"
    ? [[operation.name, operation.role, operation.recentAuth, operation] as const]
    : [],
);

const reasonOf = (reply: unknown) =>
  typeof reply === "object" && reply !== null && "reason" in reply ? reply.reason : null;

describe.each(actions)("%s, requires %s, recent authentication: %s", (name, needed, proof, operation) => {
  const act = (caller: OperatorCaller, scope: Place) =>
    entrypoint.run({ operation: name, caller, scope, input: inputs[name]() });

  it("the operator entrypoint rejects exactly lower roles, strangers and other accounts", async () => {
    expect(operation.input.safeParse(inputs[name]()).error).toBeUndefined();
    const account = await newAccount();
    for (const role of roles) {
      const { caller } = await newMember(account, role);
      const isRefused = reasonOf(await act(caller, placeOf(account))) === "not_allowed";
      expect({ role, isRefused }).toEqual({ role, isRefused: !hasRole(role, needed) });
    }
    const { caller } = await newMember(account, "owner");
    expect(reasonOf(await act(caller, placeOf(await newAccount())))).toBe("not_found");
    const stranger = { sessionToken: "guessed", ipAddress: null };
    expect(reasonOf(await act(stranger, placeOf(account)))).toBe("session_ended");
  });

  it("the webhook method requires recent authentication in exactly its listed modes", async () => {
    const account = await newAccount();
    const stale = await newMember(account, "owner", { provenAt: new Date(Date.now() - 31 * 60_000) });
    for (const mode of ["test", "live"] as const) {
      const isRequired =
        reasonOf(await act(stale.caller, placeOf(account, mode))) === "reauthentication_required";
      expect({ mode, isRequired }).toEqual({ mode, isRequired: proof === "always" || proof === mode });
    }
  });
});

describe("development session", () => {
  it("the development session is accepted only when the binding DEV exists", async () => {
    const place = placeOf(await newAccount());
    const development = new DevelopmentOperator(context, deliveriesEnv);
    expect(await development.run("endpoint.create", place, newInput())).toMatchObject({ outcome: "done" });
    const developer = { sessionToken: "development", ipAddress: null };
    expect(await run(createEndpoint, developer, place, newInput())).toMatchObject({
      reason: "session_ended",
    });
  });
});

describe("webhook audit log", () => {
  async function newPlace() {
    const account = await newAccount();
    const { caller, actor } = await newMember(account, "admin");
    const place = placeOf(account);
    const made = await run(createEndpoint, caller, place, newInput());
    if (made.outcome !== "done") throw new Error(made.message);
    const log = async () => (await listAuditEntries(DB, { accountId: account.accountId }, 50)).toReversed();
    return { account, caller, actor, place, log, ...made };
  }

  const version = async (place: Place, endpointId: string) =>
    (await readEndpoint(DB, place, endpointId))?.updatedAt ?? 0;

  /** Makes the delivery's next attempt and records its result, as the lane would. */
  async function attempt(deliveryId: string, place: Place, status: 200 | 500) {
    const at = await now();
    const [row] = await listDeliveries(DB, place, {}, { after: null, limit: 1 });
    const until = at + 45_000;
    const lease = { id: crypto.randomUUID(), now: at, until, nextAttemptAts: [until] };
    const claimed = await claimDelivery(DB, { deliveryId, epoch: row?.epoch ?? 0 }, lease, 10);
    if (claimed === null) throw new Error("not claimed");
    const outcome = {
      durationMs: 1,
      httpStatus: status,
      error: status === 200 ? null : ("http" as const),
      excerpt: null,
      nextAttemptAt: status === 200 ? null : at + 60_000,
      isGone: false,
    };
    await recordDeliveryAttempt(DB, claimed, outcome, { now: at, disableAfterMs: 1e9 });
  }

  it("the audit log records each webhook action once, with operator and IP and without secrets", async () => {
    const { caller, actor, place, endpointId, secret, log } = await newPlace();
    const done = { outcome: "done" };
    const edit = { ...input, endpointId, description: "Ours", version: await version(place, endpointId) };
    expect(await run(editEndpoint, caller, place, edit)).toEqual(done);
    expect(await run(revealSecret, caller, place, { endpointId })).toEqual({ ...done, secret });
    const rotation = { endpointId, version: await version(place, endpointId), overlapMs: 1_000 };
    const rotated = await run(rotateSecret, caller, place, rotation);
    const sent = await run(sendTestEvent, caller, place, { endpointId });
    if (sent.outcome !== "done" || rotated.outcome !== "done") throw new Error("refused");
    const delivery = { deliveryId: sent.deliveryId };
    await attempt(sent.deliveryId, place, 500);
    expect(await run(requeueDelivery, caller, place, delivery)).toEqual(done);
    await attempt(sent.deliveryId, place, 200);
    expect(await run(resendDelivery, caller, place, delivery)).toEqual(done);
    await attempt(sent.deliveryId, place, 500);
    const [many, replay] = [newId("job"), newId("job")];
    const requeue = { jobId: many, filter: { endpointId } };
    expect(await run(requeueMany, caller, place, requeue)).toMatchObject({ ...done, total: 1 });
    expect(
      await run(replayEvents, caller, place, { jobId: replay, endpointId, since: await now() }),
    ).toMatchObject({ ...done, total: 0 });
    expect(await run(stopDeliveryJob, caller, place, { jobId: replay })).toEqual(done);
    expect(await run(disableEndpoint, caller, place, { endpointId })).toEqual(done);
    expect(await run(enableEndpoint, caller, place, { endpointId, waiting: "drop" })).toEqual(done);
    expect(await run(deleteEndpoint, caller, place, { endpointId })).toEqual(done);
    const entries = await log();
    expect(entries.map(({ action, target }) => [action, target]).toSorted()).toEqual(
      [
        ["endpoint.create", endpointId],
        ["endpoint.edit", endpointId],
        ["endpoint.reveal_secret", endpointId],
        ["endpoint.rotate_secret", endpointId],
        ["endpoint.send_test", endpointId],
        ["delivery.requeue", sent.deliveryId],
        ["delivery.resend", sent.deliveryId],
        ["delivery.requeue_many", many],
        ["endpoint.replay", endpointId],
        ["delivery_job.stop", replay],
        ["endpoint.disable", endpointId],
        ["endpoint.enable", endpointId],
        ["endpoint.delete", endpointId],
      ].toSorted(),
    );
    for (const entry of entries)
      expect(entry).toMatchObject({ ...place, operatorId: actor.operatorId, ipAddress: "192.0.2.1" });
    for (const shown of [secret, rotated.secret]) expect(JSON.stringify(entries)).not.toContain(shown);
    expect(started).toEqual(expect.arrayContaining([many, replay]));
  });

  it("a webhook action runs and is audited once when its form is submitted twice", async () => {
    const { caller, place, endpointId, log } = await newPlace();
    const form = newInput();
    const twice = await Promise.all([1, 2].map(() => run(createEndpoint, caller, place, form)));
    expect(twice.map(({ outcome }) => outcome).toSorted()).toEqual(["done", "refused"]);
    const rotation = { endpointId, version: await version(place, endpointId), overlapMs: 0 };
    const rotations = await Promise.all([1, 2].map(() => run(rotateSecret, caller, place, rotation)));
    expect(rotations.map(({ outcome }) => outcome).toSorted()).toEqual(["done", "refused"]);
    const job = { jobId: newId("job"), endpointId, since: await now() };
    const replays = await Promise.all([1, 2].map(() => run(replayEvents, caller, place, job)));
    expect(replays.map(({ outcome }) => outcome).toSorted()).toEqual(["done", "refused"]);
    for (const _ of [1, 2]) await run(disableEndpoint, caller, place, { endpointId });
    for (const _ of [1, 2]) await run(enableEndpoint, caller, place, { endpointId, waiting: "send" });
    expect((await log()).map(({ action }) => action).toSorted()).toEqual([
      "endpoint.create",
      "endpoint.create",
      "endpoint.disable",
      "endpoint.enable",
      "endpoint.replay",
      "endpoint.rotate_secret",
    ]);
  });

  it("the audit log records nothing when a webhook action is refused", async () => {
    const { caller, place, endpointId, log } = await newPlace();
    const stale = { ...input, endpointId, version: 1 };
    expect(await run(editEndpoint, caller, place, stale)).toMatchObject({ reason: "conflict" });
    const bad = { ...newInput(), url: "https://10.0.0.1/" };
    expect(await run(createEndpoint, caller, place, bad)).toMatchObject({ field: "url" });
    const nothing = { jobId: newId("job"), filter: {} };
    expect(await run(requeueMany, caller, place, nothing)).toMatchObject({ reason: "conflict" });
    const tomorrow = { jobId: newId("job"), endpointId, since: (await now()) + 86_400_000 };
    expect(await run(replayEvents, caller, place, tomorrow)).toMatchObject({ field: "since" });
    expect((await log()).map(({ action }) => action)).toEqual(["endpoint.create"]);
  });
});
