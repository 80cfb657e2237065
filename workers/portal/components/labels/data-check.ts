import type { SubjectJobKind } from "../../../../shared/contract/operations/data-check.ts";
import type { SubjectFinding } from "../../../../shared/db/subject-jobs.ts";
import type { Tone } from "../parts.tsx";
import { formatCount } from "./common.ts";

/** Labels of the data check, for one customer and for all. */
export const checkLabel = "Check against the ledger";

export const subjectJobLabels: Record<SubjectJobKind, string> = {
  verify: checkLabel,
  resync: "Repair the copies",
};

export const findingLabels: Record<SubjectFinding["where"], { label: string; tone: Tone; meaning: string }> =
  {
    ledger: {
      label: "Ledger",
      tone: "bad",
      meaning:
        "The ledger itself lost or changed entries. Repairing does not mend that, and leaves the copy alone: it may be the only witness of what was there.",
    },
    state: {
      label: "State",
      tone: "bad",
      meaning:
        "What the customer has is not what the ledger adds up to. Repairing does not mend that, and leaves the copy alone.",
    },
    d1: {
      label: "Copy",
      tone: "warn",
      meaning:
        "Lists and searches show the copy in D1; access does not rest on it. Repairing writes it anew from the ledger.",
    },
    unreached: {
      label: "Not checked",
      tone: "",
      meaning:
        "The ledger did not answer, or has more entries than a run waits for. On the customer's page the check waits longer.",
    },
  };

export const formatFindingCount = (faults: number): string =>
  faults >= 50 ? "50 faults or more" : `${formatCount(faults)} fault${faults === 1 ? "" : "s"}`;
