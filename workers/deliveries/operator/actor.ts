import { type OperatorCaller, type Place, type Refusal, refusal } from "../../../shared/contract/operator.ts";
import { type Authorized, authorize, type Needs } from "../../../shared/db/authorize.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { DeliveriesEnv } from "../env.ts";

/** Opens everything, but only where the binding DEV exists: the gateway's `/__dev/webhooks` calls with it. */
const developmentSession = "development";

/**
 * The one place where a session becomes an actor who may do this here: by the rule of the runtime's entrypoint, from D1
 * at this moment. What a caller says of itself counts for nothing.
 */
export async function permitFor(
  env: DeliveriesEnv,
  caller: OperatorCaller,
  needs: Needs & { place: Place },
): Promise<Authorized | Refusal> {
  return env.DEV !== undefined && caller.sessionToken === developmentSession
    ? developer(env, needs.place)
    : authorize(env, caller, needs);
}

async function developer(env: DeliveriesEnv, { projectId }: Place): Promise<Authorized | Refusal> {
  const project = await d1(readProjectSettings(env.DB, projectId));
  if (project === null) return refusal("not_found", "There is no such project.");
  const { accountId, region } = project;
  return {
    outcome: "authorized",
    role: "owner",
    actor: {
      accountId,
      operatorId: "opr_development",
      name: "Development",
      email: "development@localhost",
      ipAddress: null,
    },
    now: await currentTime(env.DEV),
    region,
  };
}
