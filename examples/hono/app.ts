import { type Context, Hono } from "hono";
import type { EventStore, Licenzy, LicenzyEvent } from "licenzy";
import { requireAccess } from "licenzy/hono";

/** Set by the session; `null` without one. */
interface Env {
  Variables: { userId: string | null };
}

export interface AppOptions<Transaction> {
  licenzy: Licenzy;
  /** The signing secret of your webhook endpoint. */
  webhookSecret: string;
  store: EventStore<Transaction>;
  /** Your part of an event, in the transaction that remembers it. */
  onEvent: (event: LicenzyEvent, transaction: Transaction) => Promise<void>;
}

/** A backend that sells, gates and charges. `X-User` stands in for your own session. */
export function buildApp<Transaction>({
  licenzy,
  webhookSecret,
  store,
  onEvent,
}: AppOptions<Transaction>): Hono<Env> {
  const app = new Hono<Env>();

  // Before the session: Licenzy calls it, and the signature is the proof.
  app.post("/hook", async (c) => {
    const received = await licenzy.webhooks.receive(c.req.raw, {
      secret: webhookSecret,
      store,
      handle: onEvent,
    });
    return new Response(null, { status: received.status });
  });

  app.use("/api/*", async (c, next) => {
    c.set("userId", c.req.header("X-User") ?? null);
    await next();
  });

  // Gates a page: 402 with the reason when the customer has no access.
  app.use("/api/report", requireAccess({ licenzy, subjectRef: (c: Context<Env>) => c.get("userId") }));
  app.get("/api/report", (c) => c.json({ report: "for customers who paid" }));

  // Sells. Redirect the customer to `url`.
  app.post("/api/checkout", async (c) => {
    const userId = c.get("userId");
    if (userId === null) return c.json({ error: "unauthenticated" }, 401);
    const { product, order } = await c.req.json<{ product: string; order: string }>();
    const checkout = await licenzy.checkout.create(
      { subjectRef: userId, productCode: product },
      { eventId: order },
    );
    if (!checkout.ok) return c.json({ error: checkout.error, message: checkout.message }, 409);
    return c.json({ url: checkout.checkoutUrl, attempt: checkout.attemptId });
  });

  // The success page polls this. The redirect alone unlocks nothing: anybody can open that address.
  app.get("/api/checkout/:attempt", async (c) => {
    const status = await licenzy.checkout.status(c.req.param("attempt"));
    if (!status.ok || status.subjectRef !== c.get("userId")) return c.json({ error: "not_found" }, 404);
    return c.json({ status: status.status });
  });

  // Charges. The job's id makes a repeated request spend once.
  app.post("/api/generate", async (c) => {
    const userId = c.get("userId");
    if (userId === null) return c.json({ error: "unauthenticated" }, 401);
    const { job } = await c.req.json<{ job: string }>();
    const spent = await licenzy.usage.consume(userId, 25, { eventId: job });
    if (spent.ok) return c.json({ text: "generated", credits: spent.usageRemaining });
    if (spent.error === "insufficient_usage") return c.json({ error: "buy_credits" }, 402);
    return c.json({ error: spent.error }, spent.retryable ? 503 : 409);
  });

  return app;
}
