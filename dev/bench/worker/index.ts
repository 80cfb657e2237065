import { Hono } from "hono";
import { regions } from "../../../shared/contract/enums.ts";
import { dataByNumber, listDatabases } from "../../../shared/db/databases.ts";
import { applyMigrations, type Migration } from "../../gateway/apply-migrations.ts";
import type { D1Fault } from "../faulty-d1.ts";
import { stopClock } from "./clock.ts";
import type { BenchEnv } from "./env.ts";
import { type FillRequest, fillSubject, type KeysRequest, putKeys } from "./fill.ts";
import { answerFrom, answerNearby, takeHomeCalls } from "./regions.ts";

export { Bare } from "./bare.ts";
export { Clock } from "./clock.ts";
export { CountedSubject } from "./counted-subject.ts";
export { DelayedReplica } from "./regions.ts";

const app = new Hono<{ Bindings: BenchEnv }>();

app.post("/bare/check", async (c) => {
  const { subject_ref } = await c.req.json<{ subject_ref: string }>();
  const allowed = await c.env.BARE.get(c.env.BARE.idFromName(subject_ref)).check();
  return c.json({ subject_ref, allowed });
});

app.post("/bare/consume", async (c) => {
  const { subject_ref, units } = await c.req.json<{ subject_ref: string; units: number }>();
  const usage_remaining = await c.env.BARE.get(c.env.BARE.idFromName(subject_ref)).consume(units);
  return c.json({ ok: true, consumed: units, usage_remaining });
});

app.post("/bare/consume-together", async (c) => {
  const { subject_ref, units } = await c.req.json<{ subject_ref: string; units: number }>();
  const usage_remaining = await c.env.BARE.get(c.env.BARE.idFromName(subject_ref)).consumeTogether(units);
  return c.json({ ok: true, consumed: units, usage_remaining });
});

app.post("/keys", async (c) => c.json(await putKeys(c.env, await c.req.json<KeysRequest>())));
app.post("/fill", async (c) => c.json(await fillSubject(c.env, await c.req.json<FillRequest>())));

/** Returns the object with this name. `grow` adds entries to it; the other routes use its current length. */
const counted = (env: BenchEnv, name: string) => env.COUNTED.get(env.COUNTED.idFromName(name));
app.post("/counted/grow", async (c) => {
  const { name, entries } = await c.req.json<{ name: string; entries: number }>();
  await counted(c.env, name).growTo(entries);
  return c.json(null);
});
app.post("/counted/operations", async (c) => {
  const { name, key } = await c.req.json<{ name: string; key: string }>();
  return c.json(await counted(c.env, name).countOperations(key));
});
app.post("/counted/check", async (c) => c.json(await counted(c.env, await c.req.json<string>()).check()));
app.post("/counted/consume", async (c) => {
  const { name, key } = await c.req.json<{ name: string; key: string }>();
  return c.json(await counted(c.env, name).consumeOne(key));
});
app.post("/counted/verify", async (c) => c.json(await counted(c.env, await c.req.json<string>()).verify()));
app.post("/counted/fold", async (c) => c.json(await counted(c.env, await c.req.json<string>()).foldAll()));
app.post("/counted/size", async (c) => c.json(await counted(c.env, await c.req.json<string>()).bytes()));

app.post("/migrations", async (c) => {
  const migrations = await c.req.json<Migration[]>();
  for (const number of listDatabases(c.env)) await applyMigrations(dataByNumber(c.env, number), migrations);
  return c.json(null);
});
app.post("/verify", async (c) => c.json(await c.env.VERIFICATION.verifyAll()));

/** The fault of the runtime's databases (faulty-d1.ts), and the number of calls that met it since it was set. */
let d1: D1Fault & { calls: number } = { behavior: "answers", binding: null, calls: 0 };
app.get("/d1/:binding", (c) => {
  if (d1.binding !== null && d1.binding !== c.req.param("binding")) return c.text("answers");
  d1.calls++;
  return c.text(d1.behavior);
});
app.post("/d1", async (c) => {
  d1 = { ...(await c.req.json<D1Fault>()), calls: 0 };
  return c.json(null);
});
app.post("/d1/calls", (c) => c.json(d1.calls));

app.post("/regions/floor", async (c) => c.json(await answerNearby(c.req.raw)));
app.post("/regions/:region/:replicas/*", (c) => {
  const { region, replicas } = c.req.param();
  const known = regions.find((each) => each === region);
  if (known === undefined) return c.notFound();
  return answerFrom(known, replicas === "with", c.req.raw, c.env, c.executionCtx as ExecutionContext);
});
app.post("/home-calls", (c) => c.json(takeHomeCalls()));

app.post("/clock/stopped", async (c) => {
  stopClock(await c.req.json<boolean>());
  return c.json(null);
});

export default app;
