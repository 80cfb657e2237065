import { modes, type Region } from "../contract/enums.ts";
import type { Operation } from "../contract/operations/operation.ts";
import { type OperatorCaller, type Refusal, refusal } from "../contract/operations/reply.ts";
import { hasRole, type Role } from "../contract/roles.ts";
import type { Scope } from "../contract/scope.ts";
import type { Actor } from "../db/audit.ts";
import { readSession } from "../db/session.ts";
import { isAuthenticationRecent } from "../domain/recent-authentication.ts";
import { currentTime } from "../kit/clock.ts";
import type { DevService } from "../kit/dev-service.ts";

/** The bindings that every worker with operations has. */
export interface OperationsEnv {
  DB: D1Database;
  DEV?: DevService;
}

export interface Authorized {
  outcome: "authorized";
  actor: Actor;
  role: Role;
  /** The stack's clock, in milliseconds since 1970. */
  now: number;
  /** The region of the scope's project; `null` without a scope. */
  region: Region | null;
}

export type Requirements = Pick<Operation, "role" | "recentAuth">;

/**
 * Resolves the session token to an operator and checks membership, role, project and recent authentication, all read from
 * D1 at this moment. A revoked session, a removed member or a withdrawn role is refused here, whatever the portal had
 * read before.
 */
export async function authorize(
  env: OperationsEnv,
  caller: OperatorCaller,
  scope: Scope | null,
  { role, recentAuth }: Requirements,
): Promise<Authorized | Refusal> {
  const machineTime = Date.now();
  const session = await readSession(env.DB, caller.sessionToken, machineTime);
  const provenAt = session?.provenAt?.getTime() ?? null;
  if (session === null || provenAt === null)
    return refusal("session_ended", "You are not signed in any more. Sign in again.");
  if (session.role === null || session.accountId === null)
    return refusal("not_allowed", "You are not a member of an account any more.");
  if (!hasRole(session.role, role))
    return refusal("not_allowed", `This needs the role ${role} or a higher one; yours is ${session.role}.`);
  const project = session.projects.find(({ projectId }) => projectId === scope?.projectId);
  if (scope !== null && (project === undefined || !modes.includes(scope.mode)))
    return refusal("not_found", "There is no such project in your account.");
  const isRecent = isAuthenticationRecent(provenAt, machineTime);
  if (recentAuth === "live" && scope?.mode === "live" && !isRecent)
    return refusal("reauthentication_required", "Confirm that it is you: this acts in live mode.");
  if (recentAuth === "always" && !isRecent)
    return refusal(
      "reauthentication_required",
      "Confirm that it is you: this asks for your password or code.",
    );
  const { accountId, operatorId, name, email } = session;
  return {
    outcome: "authorized",
    role: session.role,
    actor: { accountId, operatorId, name, email, ipAddress: caller.ipAddress },
    now: await currentTime(env.DEV),
    region: project?.region ?? null,
  };
}
