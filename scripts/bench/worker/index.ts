import { Hono } from "hono";
import type { D1Behaviour } from "../faulty-d1.ts";
import type { BenchEnv } from "./env.ts";
import { type FillRequest, fillSubject, type KeysRequest, putKeys } from "./fill.ts";

export { Bare } from "./bare.ts";
export { CountedSubject } from "./counted-subject.ts";

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

app.post("/keys", async (c) => c.json(await putKeys(c.env, await c.req.json<KeysRequest>())));
app.post("/fill", async (c) => c.json(await fillSubject(c.env, await c.req.json<FillRequest>())));
app.post("/count", async (c) => {
  const { entries } = await c.req.json<{ entries: number }>();
  const name = `counted/${entries}`;
  return c.json(await c.env.COUNTED.get(c.env.COUNTED.idFromName(name)).countAt(entries));
});

app.post("/verify", async (c) => c.json(await c.env.MAINTENANCE.verifyAll()));

/** What the D1 of the runtime does from here on, and how often it was asked since, where it can be told (faulty-d1.ts). */
let d1 = { behaviour: "answers" as D1Behaviour, asked: 0 };
app.get("/d1", (c) => {
  d1.asked++;
  return c.text(d1.behaviour);
});
app.post("/d1", async (c) => {
  d1 = { behaviour: await c.req.json<D1Behaviour>(), asked: 0 };
  return c.json(null);
});
app.post("/d1/asked", (c) => c.json(d1.asked));

export default app;
