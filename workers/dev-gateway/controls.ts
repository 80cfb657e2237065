import { ClockWalkError, walkClock } from "./clock-walk.ts";
import { clockOffsetMs } from "./dev-clock.ts";
import { type GatewayEnv, type ProvisioningFunction, provisioningFunctions } from "./env.ts";
import { errorReply, jsonReply } from "./replies.ts";

const longestAdvanceSeconds = 10 * 365.25 * 86_400;
const provisionPath = "/__dev/provision/";

/** `/__dev/*`: what a person or a test does to the stack from outside. The caller was found to be local. */
export async function handleControl(request: Request, env: GatewayEnv): Promise<Response> {
  const { pathname } = new URL(request.url);
  const control = `${request.method} ${pathname}`;
  try {
    switch (control) {
      case "GET /__dev/clock":
        return clockReply(await clockOffsetMs(env));
      case "POST /__dev/clock":
        return await moveClock(request, env);
      case "POST /__dev/cron":
        return jsonReply(await env.SWEEPS.everyMinute());
      case "GET /__dev/verify":
        return jsonReply(await env.MAINTENANCE.verifyAll());
      case "POST /__dev/resync":
        return jsonReply(await env.MAINTENANCE.resyncAll());
    }
    if (request.method === "POST" && pathname.startsWith(provisionPath)) {
      return await provision(pathname.slice(provisionPath.length), request, env);
    }
  } catch (error) {
    // What a worker threw is what the caller has to read; there is nobody else to tell.
    const message = error instanceof Error ? error.message : String(error);
    return errorReply(error instanceof ClockWalkError ? 502 : 500, "control_failed", message);
  }
  return errorReply(404, "not_found", `There is no control ${control}. See CONTRIBUTING.md for the list.`);
}

async function moveClock(request: Request, env: GatewayEnv): Promise<Response> {
  const body = await readJson(request);
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  const seconds =
    isObject && Object.keys(body).length === 1 && "advance_seconds" in body ? body.advance_seconds : null;
  if (typeof seconds !== "number" || !(seconds > 0) || seconds > longestAdvanceSeconds) {
    return errorReply(
      400,
      "invalid_request",
      `Send {"advance_seconds": n} where n is a positive number of at most ${longestAdvanceSeconds} (ten years). The clock cannot go back.`,
    );
  }
  return clockReply(await walkClock(env, Math.ceil(seconds * 1000)));
}

function clockReply(offsetMs: number): Response {
  return Response.json({
    now: new Date(Date.now() + offsetMs).toISOString(),
    offset_seconds: offsetMs / 1000,
  });
}

async function provision(name: string, request: Request, env: GatewayEnv): Promise<Response> {
  if (!isProvisioningFunction(name)) {
    return errorReply(
      404,
      "not_found",
      `There is no function ${name}; there are ${provisioningFunctions.join(", ")}.`,
    );
  }
  const args = await readJson(request);
  if (!Array.isArray(args)) {
    return errorReply(400, "invalid_request", `Send the arguments of ${name} as a JSON array.`);
  }
  try {
    return jsonReply(await env.PROVISIONING[name](...args));
  } catch (error) {
    return errorReply(400, "provisioning_failed", error instanceof Error ? error.message : String(error));
  }
}

function isProvisioningFunction(name: string): name is ProvisioningFunction {
  return provisioningFunctions.some((known) => known === name);
}

/** `undefined` for what is not JSON, which no control accepts. */
async function readJson(request: Request): Promise<unknown> {
  const text = await request.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
