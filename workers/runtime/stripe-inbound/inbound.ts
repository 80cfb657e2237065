import type Stripe from "stripe";
import type { ConnectionOfProject } from "../../../shared/db/stripe-connections.ts";
import type { Cause } from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { stripeOfConnection } from "../configuration/stripe-of-connection.ts";
import type { RuntimeEnv } from "../env.ts";

/** The context of every function that applies facts from Stripe: the connection, the cause and the time. */
export interface Inbound extends ConnectionOfProject {
  env: RuntimeEnv;
  cause: Cause;
  /** Milliseconds, on the stack's clock. */
  now: number;
  /**
   * Returns the connection's client. It is created on the first call, because most events need no look-up.
   */
  stripe(): Promise<Stripe>;
}

export function openInbound(env: RuntimeEnv, found: ConnectionOfProject, cause: Cause, now: number): Inbound {
  let client: Promise<Stripe> | undefined;
  const stripe = () => {
    client ??= stripeOfConnection(env, found.connection);
    return client;
  };
  return { ...found, env, cause, now, stripe };
}

export function identityOf({ connection, region }: ConnectionOfProject, subjectRef: string): SubjectIdentity {
  return { projectId: connection.projectId, mode: connection.mode, region, subjectRef };
}
