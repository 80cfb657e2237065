import { type DeliveryState, deliveryStates } from "../../../../shared/contract/enums.ts";
import type { DeliveryFilter } from "../../../../shared/contract/operations/deliveries.ts";
import { deliveryStateLabels } from "../../components/labels/webhook.ts";

/** A parsed delivery filter, and its values for the form. */
export interface ParsedDeliveryFilter {
  filter: DeliveryFilter;
  values: Partial<Record<FilterName, string>>;
}

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
const filterNames = Object.keys(filterLabels) as FilterName[];

/** Groups of states that operators look for, in addition to single states. */
const groups: Record<string, { label: string; states: DeliveryState[] }> = {
  open: { label: "Waiting: pending or retrying", states: ["pending", "failed"] },
  trouble: { label: "In trouble: retrying or given up", states: ["failed", "dead"] },
};

/** Labels of groups and states by their value in the query string. */
export const statusLabels: Record<string, string> = Object.fromEntries(
  [...Object.entries(groups), ...Object.entries(deliveryStateLabels)].map(([value, { label }]) => [
    value,
    label,
  ]),
);

/**
 * Parses a delivery filter. `since` and `until` are UTC times in the format of `datetime-local`. Malformed
 * values are ignored.
 */
export function parseDeliveryFilter(
  given: Readonly<Record<string, string | undefined>>,
): ParsedDeliveryFilter {
  const values = Object.fromEntries(
    filterNames
      .map((name) => [name, (given[name] ?? "").trim()] as const)
      .filter(([, value]) => value !== ""),
  );
  const { status = "", endpoint, type, http = "", customer, since = "", until = "" } = values;
  const state = deliveryStates.find((candidate) => candidate === status);
  const states = groups[status]?.states ?? (state === undefined ? undefined : [state]);
  const [from, to] = [parseUtcTime(since), parseUtcTime(until)];
  const filter: DeliveryFilter = {
    ...(states === undefined ? {} : { states }),
    ...(endpoint === undefined ? {} : { endpointId: endpoint }),
    ...(type === undefined ? {} : { eventType: type }),
    ...(/^[1-5]\d\d$/.test(http) ? { httpStatus: Number(http) } : {}),
    ...(customer === undefined ? {} : { subjectRef: customer }),
    ...(from === null ? {} : { since: from }),
    ...(to === null ? {} : { until: to }),
  };
  return { filter, values };
}

/** Parses a UTC time such as `2026-11-24T11:30` to milliseconds since 1970. Returns `null` for other text. */
export function parseUtcTime(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return null;
  const at = Date.parse(`${text}Z`);
  return Number.isNaN(at) ? null : at;
}
