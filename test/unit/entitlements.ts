import { buildEntitlement } from "../../shared/domain/build-entitlement.ts";
import type { Entitlement } from "../../shared/domain/entitlement.ts";

/** Returns an active entitlement with default values and `change` applied. */
export function entitlement(change: Partial<Entitlement> & Pick<Entitlement, "kind">): Entitlement {
  return buildEntitlement(
    {
      entitlementId: "ent_1",
      productCode: "PRODUCT",
      source: "stripe",
      unitsGranted: change.kind === "usage_pack" ? 100 : null,
      paidAt: 0,
      startsAt: null,
      purchase: null,
      ...change,
    },
    0,
  );
}
