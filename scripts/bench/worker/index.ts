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

/** What the D1 of the runtime does from here on, where it can be told (faulty-d1.ts asks for it at each call). */
let d1Behaviour: D1Behaviour = "answers";
app.get("/d1", (c) => c.text(d1Behaviour));
app.post("/d1", async (c) => {
  d1Behaviour = await c.req.json<D1Behaviour>();
  return c.json(null);
});

export default app;
