import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { maxAlertMessagesPerHour } from "../../shared/contract/alerts.ts";
import { createAlertChannel, deleteAlertChannel } from "../../shared/contract/operations/alert-channels.ts";
import { newId } from "../../shared/kit/ids.ts";
import { evaluateScope } from "../../workers/deliveries/alerts/evaluate.ts";
import { sendAlertMessage } from "../../workers/deliveries/alerts/send-message.ts";
import type { AlertMessageKey } from "../../workers/deliveries/db/alert-attempts.ts";
import { claimAlertMessage } from "../../workers/deliveries/db/alert-attempts.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { sweepAlertMessages } from "../../workers/deliveries/sweeps/alert-messages.ts";
import { type AlertScope, insertStripeEvent, newAlertScope, run, scenes } from "./alert-scenes.ts";
import { databases } from "./databases.ts";
import { act, deliveriesEnv, now } from "./endpoints.ts";
import { actor } from "./members.ts";
import { runAsActor } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const { DB, DEV } = env;
const minute = 60_000;
const mails: { to: string; subject: string }[] = [];
const refusing = (code: string) => ({
  send: async () => {
    throw Object.assign(new Error("refused"), { code });
  },
});
const MAIL = { send: async (mail: { to: string; subject: string }) => void mails.push(mail) };
const bindings = {
  ...deliveriesEnv,
  MAIL,
  MAIL_FROM: "licenzy@mail.example",
  PUBLIC_ORIGIN: "https://licenzy.example",
  LANES: { sendAlertMessage: (key: AlertMessageKey) => sendAlertMessage(bindings, key) },
} as unknown as DeliveriesEnv;

afterEach(() => {
  vi.unstubAllGlobals();
  mails.length = 0;
});

interface Received {
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** A receiver that responds with `status` to each request. */
function receive(status = 200): Received[] {
  const received: Received[] = [];
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    received.push({
      url: String(url),
      headers: init.headers as Received["headers"],
      body: String(init.body),
    });
    return new Response("noted", { status });
  });
  return received;
}

async function addChannel(scope: AlertScope, kind: "email" | "slack" | "webhook") {
  const address = kind === "email" ? "alerts@tests.example" : `http://127.0.0.1:9/${kind}`;
  const input = { channelId: newId("chn"), kind, address };
  const { projectId, mode } = scope;
  const permit = { env: bindings, actor, now: await now() };
  const reply = await runAsActor(permit, createAlertChannel, { projectId, mode }, input);
  if (reply.outcome !== "done") throw new Error(reply.message);
  return reply;
}

async function evaluate(scope: AlertScope) {
  await DEV.advance(minute);
  const at = await now();
  return evaluateScope(databases, { ...scope, projectName: "Acme" }, { now: at, before: at - minute / 2 });
}

/** One run of the sweep: at most 5 messages of a channel. */
async function sendDue() {
  const work: Promise<void>[] = [];
  await sweepAlertMessages(bindings, 0, (sent) => work.push(sent));
  await Promise.all(work);
}

async function sendAllDue() {
  for (let round = 0; round < 6; round++) await sendDue();
}

async function listMessages({ projectId }: AlertScope) {
  const { results } = await DB.prepare(
    `SELECT message_id AS id, kind, state, attempts, last_status AS status, last_error AS error FROM alert_messages
     WHERE project_id = ? ORDER BY created_at, message_id`,
  )
    .bind(projectId)
    .all<{ id: string; kind: string; state: string; attempts: number; status: number; error: string }>();
  return results;
}

describe("messages of an alert", () => {
  it("each channel gets one when it opens and one when it resolves, also from overlapping sweeps", async () => {
    const scope = await newAlertScope();
    const { secret } = await addChannel(scope, "webhook");
    await addChannel(scope, "slack");
    await addChannel(scope, "email");
    const received = receive();
    const end = await scenes.endpoint_failing.begin(scope);
    await Promise.all([evaluate(scope), evaluate(scope), evaluate(scope)]);
    await Promise.all([sendDue(), sendDue(), sendDue()]);
    await end();
    await Promise.all([evaluate(scope), evaluate(scope)]);
    await Promise.all([sendDue(), sendDue()]);
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([
      ["alerts@tests.example", "Webhook endpoint failing (Acme, test mode)"],
      ["alerts@tests.example", "Resolved: Webhook endpoint failing (Acme, test mode)"],
    ]);
    const slack = received.filter(({ url }) => url.endsWith("slack"));
    expect(slack).toHaveLength(2);
    expect(slack[0]?.body).toContain(`https://licenzy.example/p/${scope.projectId}/test/inbox`);
    const webhooks = received.filter(({ url }) => url.endsWith("webhook"));
    const bodies = webhooks.map(({ body, headers }) => new Webhook(secret ?? "").verify(body, headers));
    expect(bodies).toMatchObject([
      { type: "alert.fired", data: { rule: "endpoint_failing", project_id: scope.projectId } },
      { type: "alert.resolved", data: { rule: "endpoint_failing" } },
    ]);
    expect((await listMessages(scope)).map(({ state }) => state)).toEqual(Array(6).fill("sent"));
  });

  it("rules for the inbox only send none", async () => {
    const scope = await newAlertScope();
    await addChannel(scope, "webhook");
    await scenes.past_due.begin(scope);
    expect(await evaluate(scope)).toEqual({ opened: 1, resolved: 0 });
    expect(await listMessages(scope)).toEqual([]);
  });

  it("a worker that ends between the write and the request loses no message", async () => {
    const scope = await newAlertScope();
    await addChannel(scope, "webhook");
    const received = receive();
    await scenes.stripe_event_failed.begin(scope);
    await evaluate(scope);
    const [message] = await listMessages(scope);
    const at = await now();
    const lease = { id: "gone", now: at, nextAttemptAts: [at + 45_000] };
    expect(await claimAlertMessage(DB, message?.id ?? "", lease, 10)).not.toBeNull();
    await sendDue();
    expect(received).toEqual([]);
    await DEV.advance(minute);
    await sendDue();
    await sendDue();
    expect(received).toHaveLength(1);
    expect(await listMessages(scope)).toMatchObject([{ state: "sent", attempts: 2 }]);
  });

  it("a message that was accepted right before a crash is repeated with the same id and body", async () => {
    const scope = await newAlertScope();
    await addChannel(scope, "webhook");
    const received = receive();
    await scenes.stripe_event_failed.begin(scope);
    await evaluate(scope);
    const dies = { ...bindings, DB: withoutWrites(DB) };
    const [message] = await listMessages(scope);
    await expect(
      sendAlertMessage(dies, { projectId: scope.projectId, messageId: message?.id ?? "" }),
    ).rejects.toThrow("the worker died");
    await DEV.advance(minute);
    await sendDue();
    const [first, second] = received;
    expect(received).toHaveLength(2);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
  });

  it("a channel that fails is retried by the schedule, and then given up", async () => {
    const scope = await newAlertScope();
    await addChannel(scope, "slack");
    const received = receive(500);
    await scenes.stripe_event_failed.begin(scope);
    await evaluate(scope);
    for (let attempt = 0; attempt < 12; attempt++) {
      await sendDue();
      await DEV.advance(30 * 3_600_000);
    }
    expect(received).toHaveLength(10);
    expect(await listMessages(scope)).toMatchObject([{ state: "dead", status: 500, error: "http" }]);
  });

  it.each([
    ["MAIL is not bound", { MAIL: undefined }, "there is no binding MAIL"],
    ["MAIL_FROM is not set", { MAIL_FROM: undefined }, "MAIL_FROM is not set"],
    ["PUBLIC_ORIGIN is not set", { PUBLIC_ORIGIN: undefined }, "PUBLIC_ORIGIN is not set"],
    [
      "the sender's domain is not set up",
      { MAIL: refusing("E_SENDER_NOT_VERIFIED") },
      "not set up for sending",
    ],
    [
      "the day's limit of mails is reached",
      { MAIL: refusing("E_DAILY_LIMIT_EXCEEDED") },
      "no more mails today",
    ],
  ])("no email is given up while %s for five days, and it is sent then", async (_, change, fault) => {
    const scope = await newAlertScope();
    await addChannel(scope, "email");
    await scenes.stripe_event_failed.begin(scope);
    await evaluate(scope);
    const [message] = await listMessages(scope);
    const key = { projectId: scope.projectId, messageId: message?.id ?? "" };
    const broken = { ...bindings, ...change } as unknown as DeliveriesEnv;
    for (let passed = 0; passed < 5 * 24; passed += 6) {
      await sendAlertMessage(broken, key);
      await DEV.advance(6 * 60 * minute);
    }
    expect(await listMessages(scope)).toMatchObject([{ state: "pending", attempts: 0, error: null }]);
    const excerpt = await DB.prepare("SELECT last_excerpt FROM alert_messages WHERE message_id = ?")
      .bind(key.messageId)
      .first<string>("last_excerpt");
    expect(excerpt).toContain(fault);
    await sendAlertMessage(bindings, key);
    expect(await listMessages(scope)).toMatchObject([{ state: "sent", attempts: 1 }]);
    expect(mails).toHaveLength(1);
  });

  it("the messages of a deleted channel are dropped", async () => {
    const scope = await newAlertScope();
    const { channelId } = await addChannel(scope, "slack");
    await scenes.stripe_event_failed.begin(scope);
    await evaluate(scope);
    const { projectId, mode } = scope;
    await act(deleteAlertChannel, { projectId, mode }, { channelId }, await now());
    expect(await listMessages(scope)).toEqual([]);
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 0 });
  });
});

describe("the limit of messages", () => {
  it("sends 20 in an hour, and the rest as one digest", async () => {
    const scope = await newAlertScope();
    await addChannel(scope, "webhook");
    const received = receive();
    const types = Array.from({ length: 30 }, (_, number) => `made.up_${number}`);
    for (const type of types) await insertStripeEvent(scope, { status: "failed", type });
    expect(await evaluate(scope)).toEqual({ opened: 30, resolved: 0 });
    await sendAllDue();
    expect(received).toHaveLength(maxAlertMessagesPerHour);
    await run("UPDATE stripe_events SET status = 'applied' WHERE project_id = ?", scope.projectId);
    expect(await evaluate(scope)).toEqual({ opened: 0, resolved: 30 });
    await sendAllDue();
    expect(received).toHaveLength(maxAlertMessagesPerHour);
    await DEV.advance(60 * minute);
    await evaluate(scope);
    await evaluate(scope);
    await sendAllDue();
    expect(received).toHaveLength(maxAlertMessagesPerHour + 1);
    const digest = JSON.parse(received.at(-1)?.body ?? "");
    expect(digest).toMatchObject({ type: "alert.digest", data: { count: 40 } });
    expect(digest.data.lines).toHaveLength(20);
    const states = (await listMessages(scope)).map(({ state }) => state);
    expect(states.filter((state) => state === "digested")).toHaveLength(40);
    await insertStripeEvent(scope, { status: "failed", type: "later" });
    await evaluate(scope);
    await sendAllDue();
    expect(received).toHaveLength(maxAlertMessagesPerHour + 2);
  });
});

/** A database that dies at the record of the attempt. */
function withoutWrites(db: D1Database): D1Database {
  return {
    batch: (statements: D1PreparedStatement[]) => db.batch(statements),
    prepare: (query: string) => {
      if (query.includes("SET state = ?3")) throw new Error("the worker died");
      return db.prepare(query);
    },
  } as unknown as D1Database;
}
