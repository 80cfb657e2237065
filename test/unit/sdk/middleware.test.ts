import { once } from "node:events";
import type { AddressInfo } from "node:net";
import express from "express";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { requireAccess as forExpress } from "../../../sdk/src/middleware/express.ts";
import { requireAccess as forHono } from "../../../sdk/src/middleware/hono.ts";
import { requireAccess as forNext } from "../../../sdk/src/middleware/next.ts";
import { TestLicenzy } from "../../../sdk/src/testing/index.ts";

function open() {
  const memory = new TestLicenzy({
    products: [
      { code: "PRO", kind: "subscription" },
      { code: "CREDITS", kind: "usage_pack", units: 10 },
    ],
  });
  memory.grant("pro", "PRO");
  memory.grant("credits", "CREDITS");
  return { memory, licenzy: memory.client({ retries: 0 }) };
}

interface Reply {
  status: number;
  body: unknown;
  cacheControl?: string | null;
}

const headersOf = (user: string | null): Record<string, string> => (user === null ? {} : { user });

async function read(response: Response): Promise<Reply> {
  const { status, headers } = response;
  return { status, body: await response.json(), cacheControl: headers.get("Cache-Control") };
}

/** Each framework with a page behind the gate that answers "paid". `null`: no session. */
const frameworks = {
  hono: async ({ licenzy }: ReturnType<typeof open>, user: string | null): Promise<Reply> => {
    const app = new Hono();
    app.use(
      forHono({
        licenzy,
        products: ["PRO"],
        subjectRef: (c: { req: { header(name: string): string | undefined } }) =>
          c.req.header("user") ?? null,
      }),
    );
    app.get("/", (c) => c.json("paid"));
    return read(await app.request("/", { headers: headersOf(user) }));
  },
  "Express, over HTTP": async ({ licenzy }: ReturnType<typeof open>, user: string | null): Promise<Reply> => {
    const app = express();
    app.use(
      forExpress<express.Request>({
        licenzy,
        products: ["PRO"],
        subjectRef: (request) => request.get("user") ?? null,
      }),
    );
    app.get("/", (_request, response) => {
      response.json("paid");
    });
    const server = app.listen(0, "127.0.0.1");
    try {
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      return await read(await fetch(`http://127.0.0.1:${port}/`, { headers: headersOf(user) }));
    } finally {
      server.close();
    }
  },
  // As Next.js calls a route handler: a request, and parameters that are a promise.
  "a route handler of Next.js": async (
    { licenzy }: ReturnType<typeof open>,
    user: string | null,
  ): Promise<Reply> => {
    const gate = forNext({ licenzy, products: ["PRO"], subjectRef: ({ headers }) => headers.get("user") });
    const handler = gate(async (_request, { params }: { params: Promise<{ id: string }> }) =>
      Response.json((await params).id),
    );
    const request = new Request("https://app.test/", { headers: headersOf(user) });
    return read(await handler(request, { params: Promise.resolve({ id: "paid" }) }));
  },
};

describe.each(Object.entries(frameworks))("requireAccess() for %s", (_, get) => {
  it("lets a customer with the product through, and answers 402 with the reason to another", async () => {
    const world = open();
    expect(await get(world, "pro")).toMatchObject({ status: 200, body: "paid", cacheControl: null });
    expect(await get(world, "credits")).toEqual({
      status: 402,
      body: { error: "access_denied", reason: "no_entitlement" },
      cacheControl: "no-store",
    });
  });

  it("answers 401 to a stranger, and 503 when Licenzy can't be reached", async () => {
    const world = open();
    expect(await get(world, null)).toMatchObject({
      status: 401,
      body: { error: "unauthenticated", reason: null },
    });
    world.memory.setDown(true);
    expect(await get(world, "pro")).toMatchObject({
      status: 503,
      body: { error: "access_unknown", reason: "unreachable" },
    });
  });

  it("with recovery, a denial says what the customer can do, with one checkout for repeated requests", async () => {
    const { licenzy } = open();
    const app = new Hono();
    app.use(
      forHono({
        licenzy,
        products: ["PRO"],
        recovery: { returnUrl: "https://app.example.com/billing" },
        subjectRef: () => "nobody",
      }),
    );
    const get = async () => (await (await app.request("/")).json()) as { recovery: { url: string } };
    const [first, again] = [await get(), await get()];
    expect(first).toMatchObject({
      error: "access_denied",
      reason: "no_entitlement",
      recovery: {
        action: "buy",
        productCode: "PRO",
        url: expect.stringContaining("https://checkout.invalid/"),
      },
    });
    expect(again.recovery.url).toBe(first.recovery.url);
  });

  it("with recovery, a customer who used up what they bought minutes ago gets another checkout", async () => {
    const { memory, licenzy } = open();
    const gate = forNext({ licenzy, products: ["CREDITS"], recovery: true, subjectRef: () => "nobody" })(() =>
      Response.json("paid"),
    );
    const get = async () => {
      const { status, body } = await read(await gate(new Request("https://app.test/")));
      return { status, url: (body as { recovery?: { url: string } }).recovery?.url ?? null };
    };
    const first = await get();
    memory.pay(first.url?.split("/").at(-1) ?? "");
    expect(await get()).toEqual({ status: 200, url: null });
    await licenzy.usage.consume("nobody", 10);
    const second = await get();
    expect(second).toMatchObject({ status: 402, url: expect.stringContaining("https://checkout.invalid/") });
    expect(second.url).not.toBe(first.url);
    expect(await get()).toEqual(second);
  });

  it("with recovery, a denial from memory has the way back too, and one without Licenzy says that it has none", async () => {
    const { memory, licenzy } = open();
    const gate = (options: object) =>
      forNext({ licenzy, products: ["PRO"], recovery: true, subjectRef: () => "nobody", ...options })(() =>
        Response.json("paid"),
      );
    const get = async (options: object) => read(await gate(options)(new Request("https://app.test/")));
    const buy = { action: "buy", productCode: "PRO" };
    for (let request = 0; request < 2; request++)
      expect(await get({ maxStaleMs: 60_000 })).toMatchObject({ status: 402, body: { recovery: buy } });
    memory.setDown(true);
    expect(await get({ fail: "closed" })).toMatchObject({
      status: 402,
      body: { error: "access_denied", reason: "unreachable", recovery: null },
    });
  });
});

describe("requireAccess() without a session", () => {
  it.each([null, undefined, ""])("answers 401 where subjectRef returns %j", async (nothing) => {
    const { licenzy } = open();
    const gate = forNext({ licenzy, subjectRef: () => nothing })(() => Response.json("paid"));
    expect((await gate(new Request("https://app.test/"))).status).toBe(401);
  });
});

describe("requireAccess() for Express", () => {
  it("passes an error of the session on to the error handler of Express", async () => {
    const { licenzy } = open();
    const gate = forExpress<{ get(name: string): string | undefined }>({
      licenzy,
      subjectRef: () => Promise.reject(new Error("no session store")),
    });
    const passed: unknown[] = [];
    const response = { status: () => 0, setHeader: () => 0, json: () => 0 };
    await gate({ get: () => undefined }, response, (error) => passed.push(error));
    expect(passed).toEqual([new Error("no session store")]);
  });
});
