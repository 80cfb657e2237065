import type { Entitlement } from "../../../../shared/domain/entitlement.ts";
import type { SubjectState } from "../../../../shared/domain/ledger.ts";
import type { StripeRecord } from "../../../../shared/domain/stripe-record.ts";

/** Returns the current state from the tables that are written together with the ledger. */
export function readStoredState(sql: SqlStorage): SubjectState {
  const bodies = (table: "entitlements" | "stripe_records") =>
    sql
      .exec<{ body: string }>(`SELECT body FROM ${table}`)
      .toArray()
      .map(({ body }) => JSON.parse(body) as unknown);
  const entitlements = bodies("entitlements") as Entitlement[];
  const records = bodies("stripe_records") as StripeRecord[];
  return {
    entitlements: new Map(entitlements.map((entitlement) => [entitlement.entitlementId, entitlement])),
    records: new Map(records.map((record) => [record.recordId, record])),
  };
}
