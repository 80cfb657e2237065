import type Stripe from "stripe";
import type { Cause } from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { ConnectionWithProject } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";
import { createConnectionStripeClient } from "../stripe-connection/create-stripe-client.ts";

/** The context of every function that applies facts from Stripe: the connection, the cause and the time. */
export interface ConnectionContext extends ConnectionWithProject {
  env: RuntimeEnv;
  cause: Cause;
  /** Milliseconds, on the stack's clock. */
  now: number;
  /**
   * Returns the connection's client. It is created on the first call, because most events need no look-up.
   */
  stripe(): Promise<Stripe>;
}

export function createConnectionContext(
  env: RuntimeEnv,
  found: ConnectionWithProject,
  cause: Cause,
  now: number,
): ConnectionContext {
  let client: Promise<Stripe> | undefined;
  const stripe = () => {
    client ??= createConnectionStripeClient(env, found.connection);
    return client;
  };
  return { ...found, env, cause, now, stripe };
}

export function toSubjectIdentity(
  { connection, region }: ConnectionWithProject,
  subjectRef: string,
): SubjectIdentity {
  return { projectId: connection.projectId, mode: connection.mode, region, subjectRef };
}
