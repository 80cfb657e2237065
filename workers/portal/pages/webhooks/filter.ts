import type { DeliveryFilter } from "../../../../shared/contract/operations/deliveries.ts";
import { type DeliveryState, deliveryStates } from "../../../../shared/contract/words.ts";
import { deliveryWords } from "../../components/webhook-words.ts";

/** What a list's address, or a form that carries it on, asks for; the values as they stand in the form. */
export interface ReadFilter {
  filter: DeliveryFilter;
  values: Partial<Record<FilterName, string>>;
}

/** What can be filtered by, and what it is called. */
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

/** Groups of states that people look for together, beside the states themselves. */
const groups: Record<string, { label: string; states: DeliveryState[] }> = {
  open: { label: "Waiting: pending or retrying", states: ["pending", "failed"] },
  trouble: { label: "In trouble: retrying or given up", states: ["failed", "dead"] },
};

/** Groups and states by the value that stands for them in an address. */
export const statusLabels: Record<string, string> = Object.fromEntries(
  [...Object.entries(groups), ...Object.entries(deliveryWords)].map(([value, { label }]) => [value, label]),
);

/** `since` and `until` are moments in UTC, as `datetime-local` writes them. What is malformed restricts nothing. */
export function readFilter(given: Readonly<Record<string, string | undefined>>): ReadFilter {
  const values = Object.fromEntries(
    filterNames
      .map((name) => [name, (given[name] ?? "").trim()] as const)
      .filter(([, value]) => value !== ""),
  );
  const { status = "", endpoint, type, http = "", customer, since = "", until = "" } = values;
  const state = deliveryStates.find((candidate) => candidate === status);
  const states = groups[status]?.states ?? (state === undefined ? undefined : [state]);
  const [from, to] = [momentOf(since), momentOf(until)];
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

/** Milliseconds since 1970 of `2026-11-24T11:30`, read as UTC; `null` for anything else. */
export function momentOf(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) return null;
  const at = Date.parse(`${text}Z`);
  return Number.isNaN(at) ? null : at;
}
