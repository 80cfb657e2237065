import type { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../../../shared/contract/error-codes.ts";
import { explainUsageRefusal } from "../../../shared/domain/explain-usage-refusal.ts";
import type { UsageReply } from "../../../shared/domain/ledger.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { ApiError } from "../http/api-error.ts";
import { jsonReply } from "../http/reply.ts";
import { type ApiContext, addLogFields, openSubject } from "../request-context.ts";
import type { UsageCommand } from "../subject/apply-usage.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader } from "./idempotency-header.ts";
import { replyHeaders } from "./reply-headers.ts";

/** The parts of a usage endpoint's documentation that differ from the others. */
interface UsageDocs<B extends z.ZodObject, R extends z.ZodObject> {
  operationId: string;
  summary: string;
  description: string;
  body: B;
  reply: R;
  status?: 200 | 201;
  meaning: string;
  errors: ErrorCode[];
}

/** Builds the documentation of an endpoint that changes usage under an idempotency key. */
export function usageDocs<B extends z.ZodObject, R extends z.ZodObject>({
  operationId,
  summary,
  description,
  body,
  reply,
  status = 200,
  meaning,
  errors,
}: UsageDocs<B, R>) {
  return {
    operationId,
    tags: ["Usage"] as ["Usage"],
    summary,
    description,
    request: {
      headers: idempotencyHeader,
      body: { required: true as const, content: { "application/json": { schema: body } } },
    },
    responses: {
      [status]: {
        description: meaning,
        headers: replyHeaders({ decision: true, replayed: true }),
        content: { "application/json": { schema: reply } },
      },
      ...documentedErrors({
        body: true,
        decision: true,
        more: ["missing_idempotency_key", "invalid_idempotency_key", "idempotency_conflict", ...errors],
      }),
    },
  };
}

type Endpoint = UsageCommand["idempotency"]["endpoint"];

/** Builds what every usage command has: its key, the fingerprint of its body, and the request that caused it. */
export function toUsageRequest(c: ApiContext, endpoint: Endpoint, key: string, body: object) {
  return {
    idempotency: { endpoint, key, requestHash: sha256Hex(canonicalJson(body)) },
    cause: { type: "request" as const, id: c.get("requestId") },
  };
}

/** Applies the command to the subject, and builds the reply or the error. `units` is what the request names. */
export async function replyToUsage(
  c: ApiContext,
  subjectRef: string,
  command: UsageCommand,
  toBody: (reply: UsageReply) => object,
  status: 200 | 201 = 200,
): Promise<Response> {
  const subject = openSubject(c, subjectRef);
  const result = await subject.usage(command);
  const headers = decisionHeader(c, subject.identity, result);
  switch (result.outcome) {
    case "done": {
      addLogFields(c, { units: countUnits(result.reply), replayed: result.replayed });
      return jsonReply(c, toBody(result.reply), {
        status,
        headers: result.replayed ? { ...headers, "Idempotency-Replayed": "true" } : headers,
      });
    }
    case "refused":
      throw new ApiError(result.refusal.code, explainUsageRefusal(result.refusal, command), { headers });
    case "idempotency_conflict":
      throw new ApiError(
        "idempotency_conflict",
        "This Idempotency-Key was already used with different parameters. Use a new key.",
        { headers },
      );
  }
}

const countUnits = ({ reserved, returned, consumed }: UsageReply) => reserved ?? returned ?? consumed;
