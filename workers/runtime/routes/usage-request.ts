import type { z } from "@hono/zod-openapi";
import type { ErrorCode } from "../../../shared/contract/error-codes.ts";
import type { UsageReply } from "../../../shared/domain/ledger.ts";
import type { UsageRefusal } from "../../../shared/domain/usage-entry.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { ApiError } from "../http/api-error.ts";
import { jsonReply } from "../http/reply.ts";
import { type ApiContext, addLogFields, openSubject } from "../request-context.ts";
import type { UsageCommand } from "../subject/apply-usage.ts";
import { decisionHeader } from "./decision-header.ts";
import { documentedErrors } from "./documented-errors.ts";
import { idempotencyHeader, replayedHeader } from "./idempotency-headers.ts";

/** The parts of a usage endpoint's documentation that differ from the others. */
interface UsageDocs<B extends z.ZodObject, R extends z.ZodObject> {
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
  summary,
  description,
  body,
  reply,
  status = 200,
  meaning,
  errors,
}: UsageDocs<B, R>) {
  return {
    summary,
    description,
    request: {
      headers: idempotencyHeader,
      body: { required: true as const, content: { "application/json": { schema: body } } },
    },
    responses: {
      [status]: {
        description: meaning,
        headers: replayedHeader,
        content: { "application/json": { schema: reply } },
      },
      ...documentedErrors({
        body: true,
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
      throw new ApiError(result.refusal.code, explainRefusal(result.refusal, command), { headers });
    case "idempotency_conflict":
      throw new ApiError(
        "idempotency_conflict",
        "This Idempotency-Key was already used with different parameters. Use a new key.",
        { headers },
      );
  }
}

const countUnits = ({ reserved, returned, consumed }: UsageReply) => reserved ?? returned ?? consumed;

/** Says what was wrong and what to do. */
function explainRefusal(refusal: UsageRefusal, command: UsageCommand): string {
  switch (refusal.code) {
    case "insufficient_usage":
      return `Insufficient units: requested ${unitsOf(command)}, available ${refusal.usageRemaining}. Nothing was reserved.`;
    case "too_many_reservations":
      return "This customer has 1,000 open reservations. Settle or release some, or let them expire.";
    case "reservation_not_found":
      return "This customer has no such reservation, or it was closed more than 90 days ago.";
    case "reservation_closed":
      return "This reservation was settled or released before. Reserve again for another job.";
    case "reservation_expired":
      return command.type === "settle"
        ? `The reservation expired at ${toIso(refusal.expiredAt)}, and its units were released. The balance does not cover the ${command.units} units, or 24 hours have passed. The units are noted on the customer's page.`
        : `The reservation expired at ${toIso(refusal.expiredAt)}, and its units were released.`;
    case "exceeds_reservation":
      return `The reservation covers ${refusal.held} units, requested ${unitsOf(command)}, with ${refusal.usageRemaining} more available. Settle fewer, or send allow_more once the balance covers the rest.`;
    case "not_found":
      return "No consume or settle of this customer has this key, or it is more than 90 days old.";
    case "already_reversed":
      return "The units of this key were given back before. A consume or settle is given back once.";
  }
}

const unitsOf = (command: UsageCommand) => ("units" in command ? (command.units ?? 0) : 0);
const toIso = (moment: number) => new Date(moment).toISOString();
