import { type DeliveryState, deliveryStates } from "../../../../shared/contract/enums.ts";
import type { DeliveryFilter } from "../../../../shared/contract/operations/deliveries.ts";
import { outboundEventTypes } from "../../../../shared/contract/outbound-event.ts";
import { subjectRefSchema } from "../../../../shared/contract/subject-ref.ts";
import { deliveryStateLabels } from "../../components/labels/webhook.ts";
import { parseUtcTime } from "../../http/parse-time.ts";
import type { FilterFields } from "../../http/query.ts";

/**
 * A delivery filter and its values for the form; or, when one of them is not understood, the errors by field. A filter is
 * never used in part: what it lists, a bulk requeue sends.
 */
export type ParsedDeliveryFilter = {
  values: FilterFields<FilterName>["values"];
  errors: FilterFields<FilterName>["errors"];
} & ({ outcome: "parsed"; filter: DeliveryFilter } | { outcome: "invalid" });

/** The filters and their labels. */
export const filterLabels = {
  status: "Status",
  endpoint: "Endpoint",
  type: "Event type",
  http: "HTTP status",
  customer: "Customer",
  since: "Since (UTC)",
  until: "Before (UTC)",
} as const;
export type FilterName = keyof typeof filterLabels;
export const filterNames = Object.keys(filterLabels) as FilterName[];

/** Groups of states that operators look for, in addition to single states. */
const groups: Record<string, { label: string; states: DeliveryState[] }> = {
  open: { label: "Queued or retrying", states: ["pending", "failed"] },
  trouble: { label: "Needs attention", states: ["failed", "dead"] },
};

/** The states of each value of the status filter. */
const statesByStatus = new Map<string, DeliveryState[]>(
  Object.entries(groups).map(([value, { states }]) => [value, states]),
);
for (const state of deliveryStates) statesByStatus.set(state, [state]);

/** Labels of groups and states by their value in the query string. */
export const statusLabels: Record<string, string> = Object.fromEntries(
  [...Object.entries(groups), ...Object.entries(deliveryStateLabels)].map(([value, { label }]) => [
    value,
    label,
  ]),
);

/** The event types that deliveries can have. */
export const deliveredEventTypes = [...outboundEventTypes, "endpoint.test"] as const;

/** Parses a delivery filter. `since` and `until` are UTC times in the format of `datetime-local`. */
export function parseDeliveryFilter({
  values,
  errors: given,
}: FilterFields<FilterName>): ParsedDeliveryFilter {
  const errors: ParsedDeliveryFilter["errors"] = { ...given };
  const filter: DeliveryFilter = {};
  for (const name of filterNames) {
    const value = values[name];
    if (value === undefined) continue;
    const error = addToFilter(filter, name, value);
    if (error !== null) errors[name] ??= error;
  }
  return Object.keys(errors).length === 0
    ? { outcome: "parsed", filter, values, errors }
    : { outcome: "invalid", values, errors };
}

/** Adds one restriction to `filter`. Returns an error when the value is not understood. */
function addToFilter(filter: DeliveryFilter, name: FilterName, value: string): string | null {
  switch (name) {
    case "status": {
      const states = statesByStatus.get(value);
      if (states === undefined) return "Choose a status from the list.";
      filter.states = states;
      return null;
    }
    case "endpoint":
      if (!/^ep_[0-9a-z]{26}$/.test(value)) return "Enter an endpoint ID (ep_…).";
      filter.endpointId = value;
      return null;
    case "type":
      if (!deliveredEventTypes.some((type) => type === value)) return "Choose an event type from the list.";
      filter.eventType = value;
      return null;
    case "http":
      if (!/^[1-5]\d\d$/.test(value)) return "Enter an HTTP status from 100 to 599.";
      filter.httpStatus = Number(value);
      return null;
    case "customer": {
      const parsed = subjectRefSchema.safeParse(value);
      if (!parsed.success) return "Enter a valid subject_ref.";
      filter.subjectRef = value;
      return null;
    }
    case "since":
    case "until": {
      const at = parseUtcTime(value);
      if (at === null) return "Enter a day and time in UTC, such as 2026-11-24T11:30.";
      filter[name] = at;
      return null;
    }
  }
}
