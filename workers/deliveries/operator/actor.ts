import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";

/** What the portal hands over of the operator: it is looked up, never believed. */
export interface OperatorCaller {
  sessionToken: string;
  /** Where the request came from; `null` when the platform did not say. */
  ipAddress: string | null;
}

/** Who acts, as far as the records of an action need it. */
export interface Actor {
  operatorId: string;
}

/** What an action asks of the one who takes it. */
export type Permission = "read" | "operate" | "configure";

/** The caller is nobody, or may not do this. */
class OperatorRefused extends Error {
  override name = "OperatorRefused";
}

/** The only session there is until the portal has people who sign in, and only where the binding DEV exists. */
const developmentSession = "development";

/**
 * The one place where a session becomes an actor who may do `permission` in `scope`. What a caller says of itself counts
 * for nothing. Throws `OperatorRefused`.
 */
export async function actorOf(
  env: DeliveriesEnv,
  { sessionToken }: OperatorCaller,
  { projectId }: WebhookScope,
  permission: Permission,
): Promise<Actor> {
  if (env.DEV === undefined || sessionToken !== developmentSession)
    throw new OperatorRefused(`This session may not ${permission} the webhooks of ${projectId}.`);
  return { operatorId: "usr_development" };
}
