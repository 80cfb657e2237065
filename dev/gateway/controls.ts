import { dataByNumber, listDatabases, nameOfDatabase } from "../../shared/db/databases.ts";
import { advanceStackClock, ClockWalkError } from "./advance-stack-clock.ts";
import { applyMigrations, type Migration, readSetupState } from "./apply-migrations.ts";
import { clockOffsetMs } from "./dev-clock.ts";
import { digestTables } from "./digest-tables.ts";
import { type GatewayEnv, provisioningFunctions, webhookFunctions } from "./env.ts";
import { listMails } from "./mailbox.ts";
import { errorReply, jsonReply } from "./replies.ts";
import { createSamplePrices } from "./sample-prices.ts";

const maxAdvanceSeconds = 10 * 365.25 * 86_400;
const provisionPath = "/__dev/provision/";
const webhooksPath = "/__dev/webhooks/";

/** Handles `/__dev/*`, the controls of the stack. The caller has already been checked to be local. */
export async function handleControl(request: Request, env: GatewayEnv): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const control = `${request.method} ${pathname}`;
  try {
    switch (control) {
      case "GET /__dev/clock":
        return clockReply(await clockOffsetMs(env));
      case "POST /__dev/clock":
        return await moveClock(request, env);
      case "POST /__dev/cron":
        return jsonReply(await env.SWEEPS.runAll());
      case "POST /__dev/migrations":
        return jsonReply(await applyToAll(env, await request.json<Migration[]>()));
      case "GET /__dev/setup":
        return jsonReply(await readSetupState(env.DB));
      case "POST /__dev/sample-prices":
        return await createSamplePrices(request, env);
      case "GET /__dev/tables": {
        const of = (name: string) => searchParams.get(name) ?? "";
        return jsonReply(await digestAll(env, { project: of("project"), account: of("account") }));
      }
      case "GET /__dev/mail":
        return jsonReply(listMails());
      case "GET /__dev/verify":
        return jsonReply(await env.VERIFICATION.verifyAll());
      case "POST /__dev/resync":
        return jsonReply(await env.VERIFICATION.resyncAll());
    }
    if (request.method === "POST" && pathname.startsWith(provisionPath)) {
      const name = pathname.slice(provisionPath.length);
      return await callFunction(request, name, provisioningFunctions, (known, args) =>
        env.PROVISIONING[known](...args),
      );
    }
    if (request.method === "POST" && pathname.startsWith(webhooksPath)) {
      const name = pathname.slice(webhooksPath.length);
      return await callFunction(request, name, webhookFunctions, (known, args) =>
        env.WEBHOOK_OPERATOR[known](...args),
      );
    }
  } catch (error) {
    // Development only: the caller needs the worker's own error message.
    const message = error instanceof Error ? error.message : String(error);
    return errorReply(error instanceof ClockWalkError ? 502 : 500, "control_failed", message);
  }
  return errorReply(404, "not_found", `There is no control ${control}. See CONTRIBUTING.md for the list.`);
}

async function applyToAll(env: GatewayEnv, migrations: Migration[]): Promise<string[]> {
  const applied = new Set<string>();
  for (const number of listDatabases(env))
    for (const name of await applyMigrations(dataByNumber(env, number), migrations)) applied.add(name);
  return [...applied];
}

/** Tables of a further data database are named after it. */
async function digestAll(env: GatewayEnv, of: { project: string; account: string }) {
  const digests = listDatabases(env).map(async (number) => {
    const tables = await digestTables(dataByNumber(env, number), of);
    if (number === 0) return tables;
    return Object.fromEntries(
      Object.entries(tables).map(([name, digest]) => [`${nameOfDatabase(number)}.${name}`, digest]),
    );
  });
  return Object.assign({}, ...(await Promise.all(digests)));
}

async function moveClock(request: Request, env: GatewayEnv): Promise<Response> {
  const body = await readJson(request);
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  const seconds =
    isObject && Object.keys(body).length === 1 && "advance_seconds" in body ? body.advance_seconds : null;
  if (typeof seconds !== "number" || !(seconds > 0) || seconds > maxAdvanceSeconds) {
    return errorReply(
      400,
      "invalid_request",
      `Send {"advance_seconds": n} where n is a positive number of at most ${maxAdvanceSeconds} (ten years). The clock cannot go back.`,
    );
  }
  return clockReply(await advanceStackClock(env, Math.ceil(seconds * 1000)));
}

function clockReply(offsetMs: number): Response {
  return Response.json({
    now: new Date(Date.now() + offsetMs).toISOString(),
    offset_seconds: offsetMs / 1000,
  });
}

/** Calls a function of an entrypoint with the JSON array in the body as its arguments. */
async function callFunction<Name extends string>(
  request: Request,
  name: string,
  functions: readonly Name[],
  call: (name: Name, args: unknown[]) => Promise<unknown>,
): Promise<Response> {
  const known = functions.find((candidate) => candidate === name);
  if (known === undefined) {
    return errorReply(404, "not_found", `There is no function ${name}; there are ${functions.join(", ")}.`);
  }
  const args = await readJson(request);
  if (!Array.isArray(args)) {
    return errorReply(400, "invalid_request", `Send the arguments of ${name} as a JSON array.`);
  }
  try {
    return jsonReply(await call(known, args));
  } catch (error) {
    return errorReply(400, "function_failed", error instanceof Error ? error.message : String(error));
  }
}

/** Returns `undefined` for invalid JSON, which no control accepts. */
async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
