import { subjectRefSchema } from "../../../shared/contract/subject-ref.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { callStripe } from "../../../shared/stripe/client.ts";
import { findMappedSubjects } from "../db/access-audit-owners.ts";
import type { NoOwner } from "../stripe-events/find-owner.ts";
import type { AuditItem } from "./audit-page.ts";
import type { Walk } from "./walk.ts";

/** The customers that the mapping names for an object: none, one, or several that contradict each other. */
export interface FoundNames {
  refs: string[];
  /** Why a name can't be a `subject_ref`; `null` when all can. */
  invalid: string | null;
}

/**
 * Finds the customer of an object that no checkout on record sold: in Licenzy's metadata, else by the project's mapping. `null`
 * for an object of another project that the mapping does not name.
 */
export async function findNames(
  walk: Walk,
  item: Exclude<AuditItem, { type: "subject" }>,
  lookup: NoOwner,
): Promise<FoundNames | null> {
  const { projectId, mode } = walk.context.connection;
  const ours = item.type === "charge" ? null : item.ours;
  const isOurs = ours !== null && ours.projectId === projectId && ours.mode === mode;
  const refs = isOurs ? [ours.subjectRef] : await findMappedNames(walk, item);
  if (refs.length === 0 && lookup.outcome === "foreign" && lookup.reason === "belongs to another project")
    return null;
  const failed = refs.map((ref) => subjectRefSchema.safeParse(ref)).find(({ success }) => !success);
  return { refs, invalid: failed?.error?.issues[0]?.message ?? null };
}

async function findMappedNames(
  { context, mapping }: Walk,
  item: Exclude<AuditItem, { type: "subject" }>,
): Promise<string[]> {
  switch (mapping.source) {
    case "none":
      return [];
    case "metadata":
      return item.names;
    case "client_reference_id": {
      if (item.type !== "subscription") return item.names;
      const stripe = await context.stripe();
      // Only the session that sold a subscription has it.
      const { data } = await callStripe(stripe.checkout.sessions.list({ subscription: item.id, limit: 1 }));
      return [data[0]?.client_reference_id ?? ""].filter((name) => name !== "");
    }
    case "csv": {
      if (item.type === "charge") return item.names;
      if (item.customerId === null) return [];
      const { env, connection } = context;
      const found = await findMappedSubjects(dataOf(env, connection), connection, [item.customerId]);
      return [...found.values()];
    }
  }
}
