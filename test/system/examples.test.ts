import { beforeAll, describe, expect, it, vi } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { buildApp } from "../../examples/hono/app.ts";
import { Licenzy, MemoryEventStore } from "../../sdk/src/index.ts";
import { buildSignatureHeaders, generateSigningSecret } from "../../shared/webhooks/signing.ts";
import { newWorld, type World } from "./world.ts";

type Handler = (request: Request, context: { params: Promise<{ attempt: string }> }) => Promise<Response>;

const secret = generateSigningSecret();
let world: World;
beforeAll(async () => {
  world = await newWorld();
  vi.stubEnv("LICENZY_API_KEY", world.apiKey);
  vi.stubEnv("LICENZY_BASE_URL", world.origin);
  vi.stubEnv("LICENZY_WEBHOOK_SECRET", secret);
  return () => vi.unstubAllEnvs();
});

/** Each example as a function from request to response. */
const examples = {
  hono: async () => {
    const app = buildApp({
      licenzy: new Licenzy({ apiKey: world.apiKey, baseUrl: world.origin }),
      webhookSecret: secret,
      store: new MemoryEventStore(),
      onEvent: async () => undefined,
    });
    return (request: Request) => Promise.resolve(app.fetch(request));
  },
  // The handlers of the files, called as Next.js calls them.
  next: async () => {
    const [report, checkout, status, generate, hook] = await Promise.all([
      import("../../examples/next/app/api/report/route.ts"),
      import("../../examples/next/app/api/checkout/route.ts"),
      import("../../examples/next/app/api/checkout/[attempt]/route.ts"),
      import("../../examples/next/app/api/generate/route.ts"),
      import("../../examples/next/app/hook/route.ts"),
    ]);
    const routes: Record<string, Handler> = {
      "GET /api/report": report.GET,
      "POST /api/checkout": checkout.POST,
      "POST /api/generate": generate.POST,
      "POST /hook": hook.POST,
    };
    return (request: Request) => {
      const { pathname } = new URL(request.url);
      const handler = routes[`${request.method} ${pathname}`] ?? status.GET;
      return handler(request, { params: Promise.resolve({ attempt: pathname.split("/").at(-1) ?? "" }) });
    };
  },
};

describe.each(Object.entries(examples))("the %s example", (name, start) => {
  it("sells, gates, charges and receives webhooks", async () => {
    const fetchApp = await start();
    const user = `user_${name}_${Math.random().toString(36).slice(2, 12)}`;
    const send = async (path: string, body?: object, as: string | null = user) => {
      const request = new Request(`https://app.test${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { "Content-Type": "application/json", ...(as === null ? {} : { "X-User": as }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const response = await fetchApp(request);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };

    expect((await send("/api/report", undefined, null)).status).toBe(401);
    expect(await send("/api/report")).toMatchObject({ status: 402, body: { reason: "no_entitlement" } });
    const order = { product: "CREDITS_1000", order: `order-${user}` };
    const [first, again] = [await send("/api/checkout", order), await send("/api/checkout", order)];
    expect(first.body["attempt"]).toBe(again.body["attempt"]);
    expect((await send("/api/checkout", { product: "NOTHING", order: `other-${user}` })).status).toBe(409);
    const attempt = `/api/checkout/${String(first.body["attempt"])}`;
    expect((await send(attempt)).body).toEqual({ status: "created" });
    expect((await send(attempt, undefined, "somebody_else")).status).toBe(404);
    await world.stripe.pay(sessionIdOf(String(first.body["url"])));
    await expect.poll(async () => (await send(attempt)).body).toEqual({ status: "finalized" });
    expect((await send("/api/report")).status).toBe(200);

    const job = { job: `job-${user}` };
    expect((await send("/api/generate", job)).body).toEqual({ text: "generated", credits: 975 });
    expect((await send("/api/generate", job)).body).toMatchObject({ credits: 975 });
    expect((await send("/api/generate", { job: `broke-${user}` }, `${user}_broke`)).status).toBe(402);

    const data = { subject_ref: user, project_id: world.projectId, mode: "test", sequence: 1 };
    const event = JSON.stringify({ id: `evt_${user}`, type: "usage.consumed", timestamp: "", data });
    const headers = buildSignatureHeaders([secret], { id: `evt_${user}`, at: Date.now(), body: event });
    const deliver = (body: string) =>
      fetchApp(new Request("https://app.test/hook", { method: "POST", headers, body }));
    expect([(await deliver(event)).status, (await deliver(`${event} `)).status]).toEqual([204, 400]);
  });
});
