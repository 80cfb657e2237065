import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { mayActAs, type Role, roles } from "../../shared/contract/roles.ts";
import { newId } from "../../shared/kit/ids.ts";
import { app as portalApp } from "../../workers/portal/app.tsx";
import { newOperator, type TestOperator } from "./operators.ts";
import { newKey, newWorld, type World } from "./world.ts";

/**
 * Lists every route of every deployable worker with its required access, independently of the code. An added
 * route or a changed requirement fails this test. `nobody` means that a route is public, `session` that it
 * requires a session.
 */
const portal: Record<string, "nobody" | "session" | Role> = {
  "GET /portal.css": "nobody",
  "GET /portal.js": "nobody",
  "GET /favicon.svg": "nobody",
  "GET /setup": "nobody",
  "POST /setup": "nobody",
  "GET /sign-in": "nobody",
  "POST /sign-in": "nobody",
  "GET /sign-in/code": "nobody",
  "POST /sign-in/code": "nobody",
  "POST /sign-in/with/:provider": "nobody",
  "GET /sign-in/callback/:provider": "nobody",
  "GET /invitations/:token": "nobody",
  "POST /invitations/:token": "nobody",
  "POST /sign-out": "session",
  "GET /second-factor": "session",
  "POST /second-factor": "session",
  "GET /": "viewer",
  "POST /prove": "viewer",
  "GET /account": "viewer",
  "POST /account/password": "viewer",
  "POST /account/sessions/end": "viewer",
  "GET /account/second-factor": "viewer",
  "POST /account/second-factor": "viewer",
  "POST /account/second-factor/confirm": "viewer",
  "POST /account/second-factor/disable": "viewer",
  "GET /projects": "viewer",
  "POST /projects": "admin",
  "POST /projects/archive": "admin",
  "POST /projects/restore": "admin",
  "GET /team": "viewer",
  "POST /team/invitations": "owner",
  "POST /team/invitations/renew": "owner",
  "POST /team/invitations/revoke": "owner",
  "POST /team/role": "owner",
  "POST /team/remove": "owner",
  "POST /team/leave": "viewer",
  "GET /plan": "viewer",
  "POST /plan": "owner",
  "GET /audit": "admin",
  "GET /audit/export": "admin",
  "GET /p/:project/:mode": "viewer",
  "GET /p/:project/:mode/customers": "viewer",
  "GET /p/:project/:mode/customers/:subject": "viewer",
  "POST /p/:project/:mode/customers/:subject/notes": "support",
  "POST /p/:project/:mode/customers/:subject/notes/:note/delete": "support",
  "GET /p/:project/:mode/customers/:subject/check": "support",
  "POST /p/:project/:mode/customers/:subject/repair": "support",
  "POST /p/:project/:mode/customers/:subject/export": "owner",
  "GET /p/:project/:mode/customers/:subject/erase": "owner",
  "POST /p/:project/:mode/customers/:subject/erase": "owner",
  "GET /p/:project/:mode/customers/:subject/:action": "support",
  "POST /p/:project/:mode/customers/:subject/:action/preview": "support",
  "POST /p/:project/:mode/customers/:subject/:action": "support",
  "GET /p/:project/:mode/find": "viewer",
  "GET /p/:project/:mode/events": "viewer",
  "GET /p/:project/:mode/events/:event": "viewer",
  "POST /p/:project/:mode/events/:event/retry": "support",
  "GET /p/:project/:mode/products": "viewer",
  "POST /p/:project/:mode/products": "admin",
  "GET /p/:project/:mode/products/new": "admin",
  "GET /p/:project/:mode/products/price": "admin",
  "GET /p/:project/:mode/products/:code": "viewer",
  "POST /p/:project/:mode/products/:code": "admin",
  "POST /p/:project/:mode/products/:code/archive": "admin",
  "POST /p/:project/:mode/products/:code/restore": "admin",
  "GET /p/:project/:mode/keys": "viewer",
  "POST /p/:project/:mode/keys": "admin",
  "GET /p/:project/:mode/keys/:key/rotate": "admin",
  "POST /p/:project/:mode/keys/:key/rotate": "admin",
  "GET /p/:project/:mode/keys/:key/revoke": "admin",
  "POST /p/:project/:mode/keys/:key/revoke": "admin",
  "GET /p/:project/:mode/stripe": "viewer",
  "POST /p/:project/:mode/stripe": "admin",
  "POST /p/:project/:mode/stripe/check": "support",
  "POST /p/:project/:mode/stripe/webhook": "admin",
  "POST /p/:project/:mode/stripe/webhook-secret": "admin",
  "GET /p/:project/:mode/webhooks": "viewer",
  "POST /p/:project/:mode/webhooks": "admin",
  "GET /p/:project/:mode/webhooks/new": "admin",
  "GET /p/:project/:mode/webhooks/:endpoint": "viewer",
  "GET /p/:project/:mode/webhooks/:endpoint/edit": "admin",
  "POST /p/:project/:mode/webhooks/:endpoint/edit": "admin",
  "GET /p/:project/:mode/webhooks/:endpoint/enable": "admin",
  "POST /p/:project/:mode/webhooks/:endpoint/enable": "admin",
  "POST /p/:project/:mode/webhooks/:endpoint/disable": "admin",
  "GET /p/:project/:mode/webhooks/:endpoint/delete": "admin",
  "POST /p/:project/:mode/webhooks/:endpoint/delete": "admin",
  "POST /p/:project/:mode/webhooks/:endpoint/reveal": "admin",
  "GET /p/:project/:mode/webhooks/:endpoint/rotate": "admin",
  "POST /p/:project/:mode/webhooks/:endpoint/rotate": "admin",
  "POST /p/:project/:mode/webhooks/:endpoint/test": "support",
  "GET /p/:project/:mode/webhooks/:endpoint/replay": "support",
  "POST /p/:project/:mode/webhooks/:endpoint/replay": "support",
  "GET /p/:project/:mode/deliveries": "viewer",
  "GET /p/:project/:mode/deliveries/requeue": "support",
  "POST /p/:project/:mode/deliveries/requeue": "support",
  "GET /p/:project/:mode/deliveries/jobs/:job": "viewer",
  "POST /p/:project/:mode/deliveries/jobs/:job/stop": "support",
  "GET /p/:project/:mode/deliveries/:delivery": "viewer",
  "GET /p/:project/:mode/deliveries/:delivery/status": "viewer",
  "POST /p/:project/:mode/deliveries/:delivery/requeue": "support",
  "POST /p/:project/:mode/deliveries/:delivery/resend": "support",
  "GET /p/:project/:mode/go-live": "viewer",
  "GET /p/:project/:mode/settings": "viewer",
  "POST /p/:project/:mode/settings": "admin",
  "GET /p/:project/:mode/data": "admin",
  "POST /p/:project/:mode/data": "admin",
  "GET /p/:project/:mode/data/:job": "admin",
  "POST /p/:project/:mode/data/:job/stop": "admin",
};

const runtime: Record<string, "nobody" | "key"> = {
  "GET /healthz": "nobody",
  "GET /readyz": "nobody",
  "GET /v1/openapi.json": "nobody",
  "GET /v1/docs": "nobody",
  "POST /v1/webhooks/stripe/tenant/:connection_id": "nobody",
  "POST /v1/checkout/session": "key",
  "POST /v1/access/check": "key",
  "GET /v1/customer/access/:subject_ref": "key",
  "GET /v1/entitlements/:subject_ref": "key",
  "POST /v1/usage/consume": "key",
};

/** Routes that end the caller's session or membership, so each call needs a new operator. */
const ending = new Set(["POST /sign-out", "POST /team/leave"]);

function registeredByPortal(): string[] {
  const routes = portalApp.routes.filter(({ method }) => method !== "ALL");
  return [...new Set(routes.map(({ method, path }) => `${method} ${path}`))].toSorted();
}

const sourceOf = (worker: string) =>
  readFileSync(new URL(`../../workers/${worker}`, import.meta.url), "utf8");

/** Reads the routes from the source that registers them, because the runtime's code loads in workerd only. */
function registeredByRuntime(): string[] {
  const found = sourceOf("runtime/app.ts").matchAll(
    /app\.(get|post|put|patch|delete|all|on|route)\(\s*"([^"]*)"/g,
  );
  return [...found].map(([, method = "", path]) => `${method.toUpperCase()} ${path}`).toSorted();
}

let world: World;
const members = new Map<Role, TestOperator>();
let foreigner: TestOperator;
let liveKey: string;

beforeAll(async () => {
  world = await newWorld();
  liveKey = (await newKey(world.origin, world.projectId, "live")).apiKey;
  for (const role of roles) members.set(role, await newOperator(role, world.accountId));
  foreigner = await newOperator("owner");
});

const pathOf = (route: string): string =>
  (route.split(" ")[1] ?? "")
    .replace(":project", world.projectId)
    .replace(":mode", "test")
    .replace(/:(\w+)/g, "none");

async function call(route: string, operator: TestOperator, headers: Record<string, string> = {}) {
  const path = pathOf(route);
  return route.startsWith("GET ") ? operator.portal.get(path) : operator.portal.post(path, {}, headers);
}

const bare = (route: string, headers: Record<string, string> = {}, origin = world.origin) =>
  fetch(world.origin + pathOf(route), {
    method: route.split(" ")[0] ?? "",
    redirect: "manual",
    headers: { Origin: origin, "Content-Type": "application/x-www-form-urlencoded", ...headers },
  });

describe("route tables", () => {
  it("the route tables list exactly the routes that the workers register", () => {
    expect(registeredByPortal()).toEqual(Object.keys(portal).toSorted());
    expect(registeredByRuntime()).toEqual(Object.keys(runtime).toSorted());
    expect(sourceOf("deliveries/index.ts")).not.toMatch(/\bfetch\b/);
  });
});

describe.each(Object.entries(portal))("portal route %s, requires %s", (route, needs) => {
  const isRead = route.startsWith("GET ");

  it("the portal route rejects an API key of either mode", async () => {
    for (const apiKey of [world.apiKey, liveKey])
      expect((await bare(route, { Authorization: `Bearer ${apiKey}` })).status).toBe(401);
  });

  it("the portal route requires sign-in when it is not public", async () => {
    const reply = await bare(route);
    if (needs === "nobody") expect([200, 404, 422]).toContain(reply.status);
    else if (isRead) expect(reply.headers.get("Location")).toMatch(/^\/sign-in/);
    else expect(reply.status).toBe(401);
  });

  it("the portal route admits exactly the roles that it requires", async () => {
    for (const role of roles) {
      const operator = ending.has(route) ? await newOperator(role, world.accountId) : members.get(role);
      if (operator === undefined) throw new Error(`no ${role}`);
      const { status } = await call(route, operator);
      const isAllowed = needs === "nobody" || needs === "session" || mayActAs(role, needs);
      if (isAllowed)
        expect({ role, refused: [401, 403, 503].includes(status) }).toEqual({ role, refused: false });
      else expect({ role, status }).toEqual({ role, status: 403 });
    }
  });

  it("the portal route returns 404 when the project belongs to another account", async () => {
    if (!route.includes(":project")) return;
    expect((await call(route, foreigner)).status).toBe(404);
  });

  it("the portal route rejects a form when it comes from another origin", async () => {
    if (isRead) return;
    const operator = members.get("owner");
    if (operator === undefined) throw new Error("no owner");
    for (const Origin of ["https://evil.example", "null", ""])
      expect((await call(route, operator, { Origin })).status).toBe(403);
  });
});

describe.each(Object.entries(runtime))("runtime route %s, requires %s", (route, needs) => {
  const body = JSON.stringify({ subject_ref: "user_1", units: 1, product_code: "CREDITS_1000" });
  const send = (headers: Record<string, string>) =>
    fetch(world.origin + pathOf(route), {
      method: route.split(" ")[0] ?? "",
      headers: { "Content-Type": "application/json", "Idempotency-Key": newId("req"), ...headers },
      ...(route.startsWith("POST ") ? { body } : {}),
    });

  it("the runtime route ignores a portal session", async () => {
    const { email, password } = inject("owner");
    const signIn = await fetch(`${world.origin}/sign-in`, {
      method: "POST",
      redirect: "manual",
      headers: { Origin: world.origin, "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ email, password }).toString(),
    });
    const cookie = signIn.headers.get("Set-Cookie") ?? "";
    expect(cookie).toContain("licenzy.session_token=");
    const token = /session_token=([^;]+)/.exec(cookie)?.[1] ?? "";
    const attempts: Record<string, string>[] = [{}, { Cookie: cookie }, { Authorization: `Bearer ${token}` }];
    for (const headers of attempts) {
      const { status } = await send(headers);
      if (needs === "key") expect(status).toBe(401);
      else expect([200, 400]).toContain(status);
    }
  });

  it("the runtime route accepts an API key when it requires one", async () => {
    if (needs === "nobody") return;
    expect((await send({ Authorization: `Bearer ${world.apiKey}` })).status).not.toBe(401);
  });
});
