import { errorCodes } from "../../../shared/contract/error-codes.ts";
import { isIdempotencyKey } from "../../../shared/contract/idempotency-key.ts";
import { decodeDecisionId } from "../../../shared/kit/decision-id.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { ApiError, invalid } from "./api-error.ts";
import type { MemoryProject } from "./memory-project.ts";
import { type Answer, type Incoming, routes } from "./routes.ts";

/** Answers one request of the API: the checks that every route has, the route, and the reply. */
export function handleRequest(
  project: MemoryProject,
  apiKey: string,
  url: string,
  init: RequestInit,
): Response {
  const requestId = newId("req");
  const { origin, pathname, searchParams } = new URL(url);
  try {
    const headers = new Headers(init.headers);
    if (headers.get("Authorization") !== `Bearer ${apiKey}`)
      throw new ApiError("invalid_api_key", "Invalid API key: it is unknown, revoked, expired or malformed.");
    const { status = 200, ...answer } = route(project, `${init.method ?? "GET"} ${pathname}`, {
      body: typeof init.body === "string" ? parse(init.body) : undefined,
      segment: "",
      query: Object.fromEntries(searchParams),
      readKey: () => readKey(headers),
      checkAtLeast: (subjectName) => checkAtLeast(headers, subjectName),
      requestId,
    });
    return reply(status, requestId, answer);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const { code, message, extra } = error;
    const { details, headers = {} } = extra;
    const more = details === undefined ? {} : { details };
    const docs_url = `${origin}/docs/errors#${code}`;
    const body = { error: code, message, request_id: requestId, docs_url, ...more };
    return reply(errorCodes[code].status, requestId, { body, headers });
  }
}

function route(project: MemoryProject, name: string, request: Incoming): Answer {
  const found = routes[name];
  if (found !== undefined) return found(project, request);
  const at = name.lastIndexOf("/") + 1;
  const withSegment = routes[name.slice(0, at)];
  if (withSegment === undefined) throw new ApiError("not_found", `Unknown endpoint: ${name}.`);
  return withSegment(project, { ...request, segment: decodeURIComponent(name.slice(at)) });
}

function reply(status: number, requestId: string, { body, headers = {} }: Answer): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", "Request-Id": requestId, ...headers },
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError("invalid_json", "The body is not well-formed JSON in UTF-8.");
  }
}

function readKey(headers: Headers): string {
  const key = headers.get("Idempotency-Key");
  if (key === null || key === "")
    throw new ApiError("missing_idempotency_key", "Missing Idempotency-Key header.");
  if (isIdempotencyKey(key)) return key;
  throw new ApiError("invalid_idempotency_key", "Invalid Idempotency-Key header.");
}

function checkAtLeast(headers: Headers, subjectName: string): void {
  const path = "Licenzy-At-Least";
  const decisionId = headers.get(path);
  if (decisionId !== null && decodeDecisionId(subjectName, decisionId) === null)
    throw invalid([{ path, message: "must be the Licenzy-Decision of a response about this subject" }]);
}
