import type { DenialReason } from "../../../../shared/contract/enums.ts";
import { denialLabels } from "../../components/labels/customer.ts";
import { Pill } from "../../components/parts.tsx";

/** An answer about access, and why it is denied where that is known. */
export function Answer({ allowed, reason = null }: { allowed: boolean; reason?: DenialReason | null }) {
  return (
    <>
      <Pill tone={allowed ? "good" : "bad"}>{allowed ? "Allowed" : "Denied"}</Pill>
      {reason === null ? null : <small>{denialLabels[reason]}</small>}
    </>
  );
}
