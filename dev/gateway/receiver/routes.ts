import { clockOffsetMs } from "../dev-clock.ts";
import type { GatewayEnv } from "../env.ts";
import { isLocalCaller } from "../local-caller.ts";
import { errorReply, jsonReply } from "../replies.ts";
import { renderLogPage } from "./page.ts";
import type { ReceiverResponse } from "./receiver.ts";

const namePattern = /^[A-Za-z0-9_-]{1,64}$/;
const maxBodyBytes = 1_000_000;
const maxDelayMs = 60_000;

/**
 * Handles `/receiver/<name>`, one sample receiver per name. POST delivers a webhook, and GET shows the log
 * as a page.
 *
 * `GET …/log` returns the log as JSON. `POST …/secret`, `…/answer` and `…/clear` are controls for local
 * callers.
 */
export async function handleReceiver(request: Request, env: GatewayEnv): Promise<Response> {
  const [, , name = "", part, ...rest] = new URL(request.url).pathname.split("/");
  if (!namePattern.test(name) || rest.length > 0)
    return errorReply(
      404,
      "not_found",
      "A sample receiver is /receiver/<name>, of letters, digits, - and _.",
    );
  const receiver = env.RECEIVER.getByName(name);
  const action = `${request.method} ${part ?? ""}`;
  if (action === "POST ") return deliver(request, env, receiver);
  if (!isLocalCaller(request))
    return errorReply(403, "foreign_caller", "Only local callers may read or control a receiver.");
  switch (action) {
    case "GET ":
      return new Response(renderLogPage(name, await receiver.log(), await receiver.answer()), {
        headers: { "content-type": "text/html; charset=utf-8" },
      });
    case "GET log":
      return jsonReply(await receiver.log());
    case "POST secret":
      return setSecret(request, receiver);
    case "POST answer":
      return setAnswer(request, receiver);
    case "POST clear":
      await receiver.clear();
      return jsonReply(null);
  }
  return errorReply(404, "not_found", `A sample receiver has no ${request.method} …/${part ?? ""}.`);
}

type ReceiverStub = ReturnType<GatewayEnv["RECEIVER"]["getByName"]>;

async function deliver(request: Request, env: GatewayEnv, receiver: ReceiverStub): Promise<Response> {
  const body = await request.text();
  if (body.length > maxBodyBytes)
    return errorReply(413, "payload_too_large", `A delivery has at most ${maxBodyBytes} bytes.`);
  const now = Date.now() + (await clockOffsetMs(env));
  const answer = await receiver.receive(request.headers, body, now);
  if (answer.delayMs > 0) await scheduler.wait(answer.delayMs);
  return new Response(answer.body === "" ? null : answer.body, {
    status: answer.status,
    headers: answer.headers,
  });
}

async function setSecret(request: Request, receiver: ReceiverStub): Promise<Response> {
  const secret = (await readObject(request))?.["secret"];
  if (typeof secret !== "string" || !secret.startsWith("whsec_"))
    return errorReply(400, "invalid_request", 'Send {"secret": "whsec_…"}.');
  await receiver.setSecret(secret);
  return jsonReply(null);
}

/** Sets the response. `{}` restores an immediate 200. */
async function setAnswer(request: Request, receiver: ReceiverStub): Promise<Response> {
  const input = await readObject(request);
  const { status = 200, headers = {}, body = "", delay_ms: delayMs = 0, times = null } = input ?? {};
  const isValid =
    input !== null &&
    isWhole(status, 200, 599) &&
    isWhole(delayMs, 0, maxDelayMs) &&
    (times === null || isWhole(times, 1, 1_000_000)) &&
    typeof body === "string" &&
    typeof headers === "object" &&
    headers !== null &&
    Object.values(headers).every((value) => typeof value === "string");
  if (!isValid)
    return errorReply(
      400,
      "invalid_request",
      'Send {"status"?: 200-599, "headers"?: {…}, "body"?: "…", "delay_ms"?: 0-60000, "times"?: n}; {} is 200 at once.',
    );
  return jsonReply(await receiver.setAnswer({ status, headers, body, delayMs, times } as ReceiverResponse));
}

function isWhole(value: unknown, min: number, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

async function readObject(request: Request): Promise<Record<string, unknown> | null> {
  try {
    const value: unknown = await request.json();
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
