import type { SubjectJobKind } from "../../../../shared/contract/operations/data-check.ts";
import type { SubjectFinding } from "../../../../shared/db/subject-jobs.ts";
import type { Tone } from "../parts.tsx";
import { formatCount } from "./common.ts";

/** Labels of the data check, for one customer and for all. */
export const checkLabel = "Verify data";

export const subjectJobLabels: Record<SubjectJobKind, string> = {
  verify: checkLabel,
  resync: "Rebuild search data",
};

export const findingLabels: Record<SubjectFinding["where"], { label: string; tone: Tone; meaning: string }> =
  {
    ledger: {
      label: "Ledger",
      tone: "bad",
      meaning:
        "The ledger lost or changed entries. Rebuilding does not fix this and keeps the search data, which may be the only record of what was there.",
    },
    state: {
      label: "State",
      tone: "bad",
      meaning:
        "The customer's state differs from the ledger's total. Rebuilding does not fix this and keeps the search data.",
    },
    d1: {
      label: "Search data",
      tone: "warn",
      meaning:
        "Lists and searches use this data; access does not depend on it. Rebuilding writes it again from the ledger.",
    },
    unreached: {
      label: "Not checked",
      tone: "",
      meaning: "The ledger did not respond in time. Verify again on the customer's page, which waits longer.",
    },
  };

export const formatFindingCount = (faults: number): string =>
  faults >= 50 ? "50 faults or more" : `${formatCount(faults)} fault${faults === 1 ? "" : "s"}`;
