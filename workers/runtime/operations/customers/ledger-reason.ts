import type { ActionReasonInput } from "../../../../shared/contract/operations/inputs.ts";

/** The reason as ledger and audit log keep it: `<choice>: <text>`. */
export const ledgerReason = ({ reason, text }: ActionReasonInput): string => `${reason}: ${text}`;
