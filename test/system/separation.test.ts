import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { operations } from "../../shared/contract/operations/table.ts";
import { hasRole, type Role, roles } from "../../shared/contract/roles.ts";
import { newId } from "../../shared/kit/ids.ts";
import { app as portalApp } from "../../workers/portal/app.tsx";
import type { Route, RouteAccess } from "../../workers/portal/auth/route.ts";
import { routes } from "../../workers/portal/routes.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { runtimeRoutes } from "./runtime-routes.ts";
import { newKey, newWorld, type World } from "./world.ts";

/**
 * The portal's routes that run no operation and are no page for every member: the access that each requires, listed a
 * second time, and the reason. `nobody`: open to all. `session`: open to every signed-in operator.
 */
const others: Record<string, [needs: RouteAccess, why: string]> = {
  "GET /portal.css": ["public", "a file"],
  "GET /portal.js": ["public", "a file"],
  "GET /inter.woff2": ["public", "a file"],
  "GET /favicon.svg": ["public", "a file"],
  "GET /docs": ["public", "the documentation site, for integrators without a session"],
  "GET /docs/*": ["public", "the documentation site, for integrators without a session"],
  "GET /setup": ["public", "the first owner has no session; a token opens it"],
  "POST /setup": ["public", "the first owner has no session; a token opens it"],
  "GET /sign-in": ["public", "makes a session"],
  "POST /sign-in": ["public", "makes a session"],
  "GET /sign-in/code": ["public", "makes a session"],
  "POST /sign-in/code": ["public", "makes a session"],
  "POST /sign-in/with/:provider": ["public", "makes a session"],
  "GET /sign-in/callback/:provider": ["public", "makes a session"],
  "GET /forgot-password": ["public", "who has no password has no session"],
  "POST /forgot-password": ["public", "who has no password has no session"],
  "GET /reset/:token": ["public", "who has no password has no session; the link opens it"],
  "POST /reset/:token": ["public", "who has no password has no session; the link opens it"],
  "GET /invitations/:token": ["public", "who is invited has no session; the link opens it"],
  "POST /invitations/:token": ["public", "who is invited has no session; the link opens it"],
  "POST /sign-out": ["session", "ends the session itself, finished or not"],
  "GET /second-factor": ["session", "finishes the session itself"],
  "POST /second-factor": ["session", "finishes the session itself"],
  "POST /prove": ["viewer", "renews the session's own authentication"],
  "GET /audit": ["admin", "the audit log is not for every member"],
  "POST /account/time-zone": ["viewer", "stores a cookie of the browser"],
};

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const portal = routes.map((route) => [nameOf(route), route.access] as const);

/** These end the session or the membership that uses them, so each use needs a new operator. */
const ending = new Set(["POST /sign-out", "POST /team/leave"]);

function registeredByPortal(): string[] {
  const routes = portalApp.routes.filter(({ method }) => method !== "ALL");
  return [...new Set(routes.map(({ method, path }) => `${method} ${path}`))].toSorted();
}

const sourceOf = (worker: string) =>
  readFileSync(new URL(`../../workers/${worker}`, import.meta.url), "utf8");

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

describe("the tables", () => {
  it("have a row for exactly the routes that the workers register", () => {
    expect(registeredByPortal()).toEqual(portal.map(([route]) => route).toSorted());
    expect(sourceOf("deliveries/index.ts")).not.toMatch(/\bfetch\b/);
  });

  it("require of a portal route what its operation requires", () => {
    for (const route of routes) {
      const { method, path, access: needs, recentAuth, operation } = route;
      if (operation === undefined) continue;
      expect(operations).toContain(operation);
      // A form requires authentication only when it is submitted.
      const required = {
        needs: operation.role,
        recentAuth: method === "GET" ? "never" : operation.recentAuth,
      };
      expect({ path, needs, recentAuth }).toEqual({ path, ...required });
    }
  });

  it("name an operation for every form, and leave every page to members, but for those listed here", () => {
    const withoutOperation = routes.filter(({ operation }) => operation === undefined);
    const isPage = ({ method, access: needs }: Route) => method === "GET" && needs === "viewer";
    const rest = withoutOperation.filter((route) => !isPage(route));
    const listed = Object.entries(others).map(([name, [needs]]) => [name, needs]);
    expect(rest.map((route) => [nameOf(route), route.access]).toSorted()).toEqual(listed.toSorted());
    for (const { path, recentAuth } of withoutOperation)
      expect({ path, recentAuth }).toEqual({ path, recentAuth: "never" });
  });
});

describe.each(portal)("%s, for %s", (route, needs) => {
  const isRead = route.startsWith("GET ");

  it("the portal route rejects an API key of either mode", async () => {
    for (const apiKey of [world.apiKey, liveKey])
      expect((await bare(route, { Authorization: `Bearer ${apiKey}` })).status).toBe(401);
  });

  it("the portal route requires sign-in when it is not public", async () => {
    const reply = await bare(route);
    if (needs === "public") expect([200, 404, 422]).toContain(reply.status);
    else if (isRead) expect(reply.headers.get("Location")).toMatch(/^\/sign-in/);
    else expect(reply.status).toBe(401);
  });

  it("the portal route admits exactly the roles that it requires", async () => {
    for (const role of roles) {
      const operator = ending.has(route) ? await newOperator(role, world.accountId) : members.get(role);
      if (operator === undefined) throw new Error(`no ${role}`);
      const { status } = await call(route, operator);
      const isAllowed = needs === "public" || needs === "session" || hasRole(role, needs);
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

describe.each(Object.entries(runtimeRoutes))("runtime route %s, requires %s", (route, needs) => {
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
      if (needs === "api_key") expect(status).toBe(401);
      else expect([200, 400, 404]).toContain(status);
    }
  });

  it("the runtime route accepts an API key when it requires one", async () => {
    if (needs === "public") return;
    expect((await send({ Authorization: `Bearer ${world.apiKey}` })).status).not.toBe(401);
  });
});
