import { type OperatorCaller, type Place, type Refusal, refusal } from "../../../shared/contract/operator.ts";
import type { Role } from "../../../shared/contract/roles.ts";
import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import type { AsOf, AsOfReply, SupportRpc } from "../../../shared/contract/support.ts";
import { type Authorized, authorize } from "../../../shared/db/authorize.ts";
import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { decodeDecisionId } from "../../../shared/kit/decision-id.ts";
import type { RuntimeEnv } from "../env.ts";
import { decisionView, explain } from "../subject/explain.ts";
import { callSubject } from "../subject-stub.ts";

const mostEntries = 200;

export interface Customer extends Authorized {
  identity: SubjectIdentity;
}

/** Whether the operator may do this to a customer of the project, and who that customer's object is. */
export async function openCustomer(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  needs: { role: Role; proofInLive?: true; proofAlways?: true },
): Promise<Customer | Refusal> {
  const permit = await authorize(env, caller, { ...needs, place });
  if (permit.outcome === "refused") return permit;
  const parsed = subjectRefSchema.safeParse(subjectRef);
  if (!parsed.success)
    return refusal("not_found", `No customer can have this name: ${parsed.error.issues[0]?.message}.`);
  if (permit.region === null) throw new Error("a project that was found has a region");
  const { projectId, mode } = place;
  return { ...permit, identity: { projectId, mode, region: permit.region, subjectRef } };
}

export async function readCustomer(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  { before, limit }: Parameters<SupportRpc["readCustomer"]>[3],
): ReturnType<SupportRpc["readCustomer"]> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "viewer" });
  if (customer.outcome === "refused") return customer;
  const { identity } = customer;
  const page = { before, limit: Math.min(limit, mostEntries) };
  const view = await callSubject(env, identity, (subject) => subject.customerView(identity, page));
  return { outcome: "done", customer: view };
}

/** The decision as it was, computed again from the ledger. */
export async function readDecision(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  asOf: AsOf,
): Promise<AsOfReply> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "viewer" });
  if (customer.outcome === "refused") return customer;
  const { identity, now } = customer;
  const moment =
    "at" in asOf
      ? { sequence: null, at: asOf.at }
      : decodeDecisionId(subjectName(identity), asOf.decisionId.trim());
  if (moment === null)
    return refusal("invalid", "This is no decision of this customer in this project and mode.", "as_of");
  if (moment.at > now)
    return refusal("invalid", "This moment is still to come: nothing was decided then.", "as_of");
  const found = await callSubject(env, identity, (subject) => subject.decisionAsOf(moment));
  if (found.outcome === "too_long_ago") {
    const reachesBackTo = new Date(found.reachesBackTo.at).toISOString();
    return refusal("invalid", `Decisions can be told back to ${reachesBackTo}; this was before.`, "as_of");
  }
  const { decision, entitlements, sequence, at } = found;
  return {
    outcome: "done",
    decision: decisionView(identity, decision, { sequence, at }),
    entitlements: entitlements.map((entitlement) => explain(entitlement, at)),
  };
}
