import { type OperatorCaller, type Place, type Refusal, refusal } from "../contract/operator.ts";
import { mayActAs, type Role } from "../contract/roles.ts";
import type { Region } from "../contract/words.ts";
import { isProofFresh } from "../domain/proof.ts";
import { currentTime } from "../kit/clock.ts";
import type { DevService } from "../kit/dev-service.ts";
import type { Actor } from "./audit.ts";
import { d1 } from "./deadline.ts";
import { readSession } from "./session.ts";

export interface Authorized {
  outcome: "authorized";
  actor: Actor;
  role: Role;
  now: number;
  /** Of the project that was asked for. */
  region: Region | null;
}

export interface Needs {
  role: Role;
  /** The project must be the operator's account's. */
  place?: Place;
  /** In live mode the operator must have shown password or code lately. */
  proofInLive?: true;
  /** The same in every mode: a secret will be shown, or a customer taken out or erased. */
  proofAlways?: true;
}

/**
 * Who calls and whether they may, read from D1 at this moment: the token is all that is believed. A revoked session, a
 * member who was removed or a role that was taken away stops here, whatever the portal had read a moment before.
 */
export async function authorize(
  env: { DB: D1Database; DEV?: DevService },
  caller: OperatorCaller,
  { role, place, proofInLive, proofAlways }: Needs,
): Promise<Authorized | Refusal> {
  const machineTime = Date.now();
  const session = await d1(readSession(env.DB, caller.sessionToken, machineTime));
  const provenAt = session?.provenAt?.getTime() ?? null;
  if (session === null || provenAt === null)
    return refusal("session_ended", "You are not signed in any more. Sign in again.");
  if (session.role === null || session.accountId === null)
    return refusal("not_allowed", "You are not a member of an account any more.");
  if (!mayActAs(session.role, role))
    return refusal("not_allowed", `This needs the role ${role} or a higher one; yours is ${session.role}.`);
  const project = session.projects.find(({ projectId }) => projectId === place?.projectId);
  if (place !== undefined && project === undefined)
    return refusal("not_found", "There is no such project in your account.");
  if (proofInLive && place?.mode === "live" && !isProofFresh(provenAt, machineTime))
    return refusal("proof_needed", "Confirm that it is you: this acts in live mode.");
  if (proofAlways && !isProofFresh(provenAt, machineTime))
    return refusal("proof_needed", "Confirm that it is you: this asks for your password or code.");
  const { accountId, operatorId, name, email } = session;
  return {
    outcome: "authorized",
    role: session.role,
    actor: { accountId, operatorId, name, email, ipAddress: caller.ipAddress },
    now: await currentTime(env.DEV),
    region: project?.region ?? null,
  };
}
