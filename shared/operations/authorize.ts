import { modes, type Region } from "../contract/enums.ts";
import { type OperatorCaller, type Refusal, refusal } from "../contract/operations/reply.ts";
import type { Role } from "../contract/roles.ts";
import type { Scope } from "../contract/scope.ts";
import type { Actor } from "../db/audit.ts";
import { type OperatorSession, readSession, type SessionKey } from "../db/session.ts";
import { currentTime } from "../kit/clock.ts";
import type { DevService } from "../kit/dev-service.ts";
import { findMissingPermission, type Requirements } from "./missing-permission.ts";

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

/**
 * Resolves the session token to an operator and checks membership, role, project and recent authentication, all read from
 * D1 at this moment. A revoked session, a removed member or a withdrawn role is refused here, whatever the portal had
 * read before.
 *
 * `readMore` reads the session together with other rows, and returns `null` to leave it to this function. Those rows
 * count only if the caller is authorized.
 */
export async function authorize(
  env: OperationsEnv,
  caller: OperatorCaller,
  scope: Scope | null,
  required: Requirements,
  readMore: (key: SessionKey) => Promise<OperatorSession | null> | null = () => null,
): Promise<Authorized | Refusal> {
  const machineTime = Date.now();
  const key = { token: caller.sessionToken, now: machineTime };
  const session = await (readMore(key) ?? readSession(env.DB, key.token, key.now));
  if (session === null || session.provenAt === null)
    return refusal("session_ended", "Your session has ended. Sign in again.");
  if (session.role === null || session.accountId === null)
    return refusal("not_allowed", "You are no longer a member of an account.");
  const holder = { role: session.role, provenAt: session.provenAt };
  const missing = findMissingPermission(holder, required, scope?.mode, machineTime);
  if (missing === "role")
    return refusal(
      "not_allowed",
      `This requires the role ${required.role} or higher. Your role is ${session.role}.`,
    );
  const project = session.projects.find(({ projectId }) => projectId === scope?.projectId);
  if (scope !== null && (project === undefined || !modes.includes(scope.mode)))
    return refusal("not_found", "Project not found in your account.");
  if (missing === "recent_authentication")
    return refusal(
      "reauthentication_required",
      required.recentAuth === "live"
        ? "Confirm your identity to act in live mode."
        : "Confirm your identity with your password or a code.",
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
