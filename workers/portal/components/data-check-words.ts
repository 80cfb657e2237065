import type { FaultView, SubjectJobKind } from "../../../shared/contract/data-check.ts";
import type { Finding } from "../../../shared/db/subject-jobs.ts";
import type { Tone } from "./parts.tsx";
import { count } from "./words.ts";

/** What verifying and resyncing are called on pages, of one customer and of all. */
export const checkLabel = "Check against the ledger";

export const subjectJobNames: Record<SubjectJobKind, string> = {
  verify: checkLabel,
  resync: "Repair the copies",
};

export const findingWords: Record<Finding["where"], { label: string; tone: Tone }> = {
  ledger: { label: "Ledger", tone: "bad" },
  state: { label: "State", tone: "bad" },
  d1: { label: "Copy", tone: "warn" },
  unreached: { label: "Not checked", tone: "" },
};

/** What a fault in each place means, and what mends it. */
export const faultMeanings: Record<FaultView["where"], string> = {
  ledger:
    "The ledger itself lost or changed entries. Repairing does not mend that, and leaves the copy alone: it may be the only witness of what was there.",
  state:
    "What the customer has is not what the ledger adds up to. Repairing does not mend that, and leaves the copy alone.",
  d1: "Lists and searches show the copy in D1; access does not rest on it. Repairing writes it anew from the ledger.",
};

export const faultsWord = (faults: number): string =>
  faults >= 50 ? "50 faults or more" : `${count(faults)} fault${faults === 1 ? "" : "s"}`;
