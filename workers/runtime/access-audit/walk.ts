import type { MappingSource } from "../../../shared/contract/operations/access-audits.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import type { AccessComparison } from "../../../shared/domain/access-audit.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { type AppAnswer, readAppAnswers } from "../db/app-answers.ts";
import type { ConnectionWithProject } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";
import { createConnectionStripeClient } from "../stripe-connection/create-stripe-client.ts";
import {
  type ConnectionContext,
  createConnectionContext,
  toSubjectIdentity,
} from "../stripe-events/connection-context.ts";
import { callSubject } from "../subject-stub.ts";
import { PaidInvoices } from "./paid-invoices.ts";
import { StripePacer } from "./stripe-pacer.ts";

/** Where the project's own name of a Stripe customer is. */
export interface MappingRule {
  source: MappingSource;
  metadataKey: string | null;
}

/** What one turn of an audit works with. */
export interface Walk {
  context: ConnectionContext;
  mapping: MappingRule;
  pacer: StripePacer;
  paidInvoices: PaidInvoices;
  /** Calls to objects, which count towards the platform's limit like the reads from Stripe. */
  objectCalls: number;
  /** When the next of them may be made, in milliseconds of the machine's clock. */
  nextObjectAt: number;
}

/** Creates the walk of a turn. All its reads from Stripe are paced. */
export function createWalk(
  env: RuntimeEnv,
  found: ConnectionWithProject,
  mapping: MappingRule,
  because: string,
  now: number,
): Walk {
  const cause = { type: "stripe_read" as const, id: found.connection.connectionId, because };
  const pacer = new StripePacer();
  let client: ReturnType<ConnectionContext["stripe"]> | undefined;
  const stripe = () => {
    client ??= createConnectionStripeClient(env, found.connection, (request) => pacer.send(request));
    return client;
  };
  const context = { ...createConnectionContext(env, found, cause, now), stripe };
  return { context, mapping, pacer, paidInvoices: new PaidInvoices(), objectCalls: 0, nextObjectAt: 0 };
}

/**
 * Returns what the app answered about the subjects where it disagreed with Licenzy in the last day. An older disagreement may
 * be resolved: a later agreement is only counted.
 */
export const findAppAnswers = (
  { context: { env, connection, now } }: Walk,
  subjectRefs: string[],
): Promise<Map<string, AppAnswer>> =>
  readAppAnswers(dataOf(env, connection), connection, subjectRefs, now - dayMs);

/**
 * Comparisons with customers' objects per second. An audit wakes each of them, and a process keeps it in memory for 10 s more.
 * The platform's limit of calls per turn is lower over a minute.
 */
const objectsPerSecond = 150;

async function waitForObject(walk: Walk): Promise<void> {
  const now = Date.now();
  const at = Math.max(now, walk.nextObjectAt);
  walk.nextObjectAt = at + 1_000 / objectsPerSecond;
  if (at > now) await scheduler.wait(at - now);
}

/** Compares the subject's access with what the facts would make of it. Writes nothing. */
export async function compareSubjectAccess(
  walk: Walk,
  subjectRef: string,
  facts: SubjectFact[],
): Promise<AccessComparison> {
  const { context } = walk;
  const { env, graceDays, cause } = context;
  const identity = toSubjectIdentity(context, subjectRef);
  walk.objectCalls++;
  await waitForObject(walk);
  return callSubject(env, identity, (subject) => subject.auditStripe(identity, { facts, graceDays, cause }));
}
