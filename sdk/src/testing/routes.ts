import type { z } from "zod";
import {
  accessCheckRequestSchema,
  accessProductsRequestSchema,
  accessShadowRequestSchema,
  toAccessCheckReply,
} from "../../../shared/contract/access.ts";
import { checkoutRequestSchema } from "../../../shared/contract/checkout.ts";
import { entitlementListQuerySchema } from "../../../shared/contract/entitlements.ts";
import type { IdempotentOperation } from "../../../shared/contract/enums.ts";
import { eventListQuerySchema } from "../../../shared/contract/event-list.ts";
import { productListQuerySchema } from "../../../shared/contract/products.ts";
import { portalSessionRequestSchema, recoveryRequestSchema } from "../../../shared/contract/recovery.ts";
import {
  releaseRequestSchema,
  reserveRequestSchema,
  reverseRequestSchema,
  settleRequestSchema,
} from "../../../shared/contract/reservations.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { consumeRequestSchema } from "../../../shared/contract/usage.ts";
import { validationErrors } from "../../../shared/contract/validation-errors.ts";
import { buildCustomerAccess } from "../../../shared/domain/customer-access.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import { buildEntitlementPage } from "../../../shared/domain/entitlement-page.ts";
import { explainUsageRefusal } from "../../../shared/domain/explain-usage-refusal.ts";
import { decideProducts } from "../../../shared/domain/product-decision.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { encodeDecisionId } from "../../../shared/kit/decision-id.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import type { LedgerMoment } from "../../../shared/kit/moment-id.ts";
import { ApiError, invalid } from "./api-error.ts";
import type { MemoryProject } from "./memory-project.ts";
import type { UsageCommand } from "./memory-subject.ts";
import { replyToPortalSession, replyToRecovery } from "./recovery-routes.ts";
import { replyToUsage } from "./usage-replies.ts";

const replayedHeader = { "Idempotency-Replayed": "true" };

/** A request, with the parts that the routes read. */
export interface Incoming {
  body: unknown;
  /** The last segment of the path, decoded. */
  segment: string;
  query: Record<string, string>;
  readKey: () => string;
  /** Refuses a `Licenzy-At-Least` that is of no decision about the subject. Every answer here is the newest. */
  checkAtLeast: (subjectName: string) => void;
  requestId: string;
}

export interface Answer {
  status?: number;
  body: object;
  headers?: Record<string, string>;
}

export type Route = (project: MemoryProject, request: Incoming) => Answer;

/** The routes of the API, by method and path. A path that ends with `/` takes one more segment. */
export const routes: Record<string, Route> = {
  "POST /v1/access/check": (project, { body, checkAtLeast }) => {
    const { subject_ref } = validate(accessCheckRequestSchema, body);
    checkAtLeast(project.nameOf(subject_ref));
    const { decision, ...moment } = project.subject(subject_ref).read(project.now());
    const reply = toAccessCheckReply(subject_ref, decision.allowed ? null : decision.reason);
    return { body: reply, headers: decisionHeader(project, subject_ref, moment) };
  },
  "POST /v1/access/products": (project, { body, checkAtLeast }) => {
    const { subject_ref, product_codes } = validate(accessProductsRequestSchema, body);
    for (const code of product_codes) project.product(code);
    checkAtLeast(project.nameOf(subject_ref));
    const snapshot = project.subject(subject_ref).read(project.now());
    const { decision, products } = decideProducts(snapshot.entitlements, product_codes, snapshot.at);
    const headers = decisionHeader(project, subject_ref, snapshot, product_codes);
    const each = products.map((one) => ({ product_code: one.productCode, ...toAnswer(one.decision) }));
    return { body: { subject_ref, ...toAnswer(decision), products: each }, headers };
  },
  "POST /v1/access/shadow": (project, { body, checkAtLeast }) => {
    const { subject_ref, allowed } = validate(accessShadowRequestSchema, body);
    checkAtLeast(project.nameOf(subject_ref));
    const { decision, ...moment } = project.subject(subject_ref).read(project.now());
    const reply = { subject_ref, agrees: decision.allowed === allowed, ...toAnswer(decision) };
    return { body: reply, headers: decisionHeader(project, subject_ref, moment) };
  },
  "POST /v1/access/recovery": (project, { body: sent, readKey }) => {
    const key = readKey();
    const body = validate(recoveryRequestSchema, sent);
    const codes = body.product_code === undefined ? [] : [body.product_code];
    for (const code of codes) project.product(code);
    const replayed = project.claimKey("access/recovery", body, key);
    const snapshot = project.subject(body.subject_ref).read(project.now());
    const { entitlements, at } = snapshot;
    const decision =
      codes.length === 0 ? snapshot.decision : decideProducts(entitlements, codes, at).decision;
    const headers = decisionHeader(project, body.subject_ref, snapshot, codes);
    return {
      body: replyToRecovery(project, body, key, { decision, entitlements }),
      headers: replayed ? { ...headers, ...replayedHeader } : headers,
    };
  },
  "POST /v1/customer/portal-session": (project, { body: sent, readKey }) => {
    const key = readKey();
    const body = validate(portalSessionRequestSchema, sent);
    const replayed = project.claimKey("customer/portal-session", body, key);
    const { entitlements } = project.subject(body.subject_ref).read(project.now());
    const reply = replyToPortalSession(entitlements);
    return { status: 201, body: reply, headers: replayed ? replayedHeader : {} };
  },
  "GET /v1/customer/access/": (project, { segment, checkAtLeast }) => {
    const subjectRef = readSubjectRef(segment);
    checkAtLeast(project.nameOf(subjectRef));
    const snapshot = project.subject(subjectRef).read(project.now());
    return {
      body: buildCustomerAccess(subjectRef, snapshot),
      headers: decisionHeader(project, subjectRef, snapshot),
    };
  },
  "GET /v1/entitlements/": (project, { segment, query, checkAtLeast }) => {
    const subjectRef = readSubjectRef(segment);
    const { limit, starting_after: after } = validate(entitlementListQuerySchema, query, "query parameter");
    checkAtLeast(project.nameOf(subjectRef));
    const snapshot = project.subject(subjectRef).read(project.now());
    const page = buildEntitlementPage(subjectRef, snapshot, { limit, after });
    if (page === null)
      throw invalid([{ path: "starting_after", message: "is not an entitlement of this subject" }]);
    return { body: page, headers: decisionHeader(project, subjectRef, snapshot) };
  },
  "GET /v1/products": (project, { query }) => {
    const page = validate(productListQuerySchema, query, "query parameter");
    return { body: project.listProducts(page.limit, page.starting_after ?? "") };
  },
  "GET /v1/key": (project) => ({ body: project.describeKey() }),
  "GET /v1/events": (project, { query }) => {
    const page = validate(eventListQuerySchema, query, "query parameter");
    return { body: project.listEvents(page.limit, page.starting_after) };
  },
  "POST /v1/checkout/session": (project, { body, readKey }) => {
    const key = readKey();
    const { reply, replayed } = project.openCheckout(validate(checkoutRequestSchema, body), key);
    return { status: 201, body: reply, headers: replayed ? { "Idempotency-Replayed": "true" } : {} };
  },
  "GET /v1/checkout/session/": (project, { segment }) => ({ body: project.checkoutStatus(segment) }),
  "POST /v1/usage/consume": usage("usage/consume", consumeRequestSchema, ({ units }) => ({
    type: "consume",
    units,
  })),
  "POST /v1/usage/reserve": usage(
    "usage/reserve",
    reserveRequestSchema,
    ({ units, expires_in_seconds, on_expiry: onExpiry }) => ({
      type: "reserve",
      units,
      expiresInMs: expires_in_seconds * 1_000,
      onExpiry,
    }),
  ),
  "POST /v1/usage/settle": usage("usage/settle", settleRequestSchema, (body) => ({
    type: "settle",
    reservationId: body.reservation_id,
    units: body.units,
    allowMore: body.allow_more,
    keepOpen: body.keep_open,
  })),
  "POST /v1/usage/release": usage(
    "usage/release",
    releaseRequestSchema,
    ({ reservation_id: reservationId }) => ({
      type: "release",
      reservationId,
    }),
  ),
  "POST /v1/usage/reverse": usage(
    "usage/reverse",
    reverseRequestSchema,
    ({ consume_key: consumeKey, units = null }) => ({
      type: "reverse",
      consumeKey,
      units,
    }),
  ),
};

/** A command without its key and cause, which every usage request has. */
type Without<C> = C extends unknown ? Omit<C, "idempotency" | "cause"> : never;

function usage<B extends { subject_ref: string }>(
  endpoint: IdempotentOperation,
  schema: z.ZodType<B>,
  toCommand: (body: B) => Without<UsageCommand>,
): Route {
  return (project, { body: sent, readKey, requestId }) => {
    const key = readKey();
    const body = validate(schema, sent);
    const idempotency = { endpoint, key, requestHash: sha256Hex(canonicalJson(body)) };
    const cause = { type: "request" as const, id: requestId };
    const command = { ...toCommand(body), idempotency, cause } as UsageCommand;
    const result = project.subject(body.subject_ref).usage(command, project.now());
    const headers = decisionHeader(project, body.subject_ref, result);
    switch (result.outcome) {
      case "done":
        return {
          status: command.type === "reserve" ? 201 : 200,
          body: replyToUsage(command.type, result.reply),
          headers: result.replayed ? { ...headers, "Idempotency-Replayed": "true" } : headers,
        };
      case "refused":
        throw new ApiError(result.refusal.code, explainUsageRefusal(result.refusal, command), { headers });
      case "idempotency_conflict":
        throw new ApiError(
          "idempotency_conflict",
          "This Idempotency-Key was already used with different parameters. Use a new key.",
          { headers },
        );
    }
  };
}

const toAnswer = (decision: Decision) =>
  decision.allowed ? { allowed: true } : { allowed: false, reason: decision.reason };

const readSubjectRef = (segment: string) => {
  const result = subjectRefSchema.safeParse(segment);
  if (result.success) return result.data;
  throw invalid(
    validationErrors(result.error, "field").map(({ message }) => ({ path: "subject_ref", message })),
  );
};

function validate<S extends z.ZodType>(schema: S, value: unknown, member = "field"): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(validationErrors(result.error, member));
}

function decisionHeader(
  project: MemoryProject,
  subjectRef: string,
  { sequence, at }: LedgerMoment,
  products: readonly string[] = [],
): Record<string, string> {
  return { "Licenzy-Decision": encodeDecisionId(project.nameOf(subjectRef), { sequence, at }, products) };
}
