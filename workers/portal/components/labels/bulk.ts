import type {
  BulkAction,
  BulkActionType,
  BulkJobStatus,
  BulkRowState,
} from "../../../../shared/contract/operations/bulk-jobs.ts";
import type { Tone } from "../parts.tsx";
import { formatCount, formatUnits, nameProduct, type ProductNames } from "./common.ts";

/** Labels of actions on many customers. */

export const bulkActionLabels: Record<Exclude<BulkActionType, "undo">, { label: string; meaning: string }> = {
  grant: { label: "Grant access", meaning: "Give each customer a product." },
  adjust: {
    label: "Adjust credits",
    meaning: "Add, remove or set units of a product that each customer has.",
  },
  revoke: { label: "Revoke access", meaning: "End a product that each customer has." },
  retry: {
    label: "Retry failures",
    meaning: "Retry each customer's failed Stripe events and webhook deliveries.",
  },
  sync: { label: "Sync from Stripe", meaning: "Read each customer's payments from Stripe again." },
};

export const bulkStatusLabels: Record<BulkJobStatus, { label: string; tone: Tone }> = {
  previewing: { label: "Previewing", tone: "warn" },
  ready: { label: "Ready to start", tone: "warn" },
  running: { label: "Running", tone: "warn" },
  stopped: { label: "Stopped", tone: "" },
  finished: { label: "Finished", tone: "good" },
};

export const bulkRowLabels: Record<BulkRowState, { label: string; tone: Tone }> = {
  pending: { label: "Waiting for preview", tone: "" },
  ready: { label: "Ready", tone: "" },
  done: { label: "Done", tone: "good" },
  changed: { label: "Changed since preview", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
  refused: { label: "Not possible", tone: "warn" },
  unchanged: { label: "Nothing to do", tone: "" },
  unknown: { label: "Unknown customer", tone: "warn" },
  erased: { label: "Erased", tone: "" },
};

/** Names what the job does, such as `Grant 750 units of Credits`. */
export function nameBulkAction(action: BulkAction, names: ProductNames): string {
  switch (action.type) {
    case "grant": {
      const product = nameProduct(names, action.productCode);
      return action.units === null ? `Grant ${product}` : `Grant ${formatUnits(action.units)} of ${product}`;
    }
    case "revoke":
      return `Revoke ${nameProduct(names, action.productCode)}`;
    case "adjust": {
      const product = nameProduct(names, action.productCode);
      if (action.how === "set") return `Set ${product} to ${formatUnits(action.units)}`;
      return action.how === "add"
        ? `Add ${formatUnits(action.units)} to ${product}`
        : `Remove ${formatUnits(action.units)} from ${product}`;
    }
    case "retry":
      return "Retry failures";
    case "sync":
      return "Sync from Stripe";
    case "undo":
      return "Undo bulk action";
  }
}

export const formatCustomers = (count: number): string =>
  count === 1 ? "1 customer" : `${formatCount(count)} customers`;
