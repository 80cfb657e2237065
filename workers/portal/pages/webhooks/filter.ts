import { type DeliveryState, deliveryStates } from "../../../../shared/contract/enums.ts";
import type { DeliveryFilter } from "../../../../shared/contract/operations/deliveries.ts";
import { outboundEventTypes } from "../../../../shared/contract/outbound-event.ts";
import { subjectRefSchema } from "../../../../shared/contract/subject-ref.ts";
import { deliveryStateLabels } from "../../components/labels/webhook.ts";
import { formatExactTime } from "../../components/time.tsx";
import type { FilterFields } from "../../http/query.ts";
import { parseTime } from "../../time/parse-time.ts";
import { isZone } from "../../time/zone.ts";

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
  since: "Since",
  until: "Before",
} as const;
type LabeledName = keyof typeof filterLabels;

/** What belongs to the times: their zone, and the offset of one that clocks repeat. */
const timeParts = ["zone", "since_offset", "until_offset"] as const;
export type FilterName = LabeledName | (typeof timeParts)[number];
const labeledNames = Object.keys(filterLabels) as LabeledName[];
export const filterNames: FilterName[] = [...labeledNames, ...timeParts];

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

/**
 * Parses a delivery filter. `since` and `until` are local times in the format of `datetime-local`, in the filter's zone,
 * else in the viewer's.
 */
export function parseDeliveryFilter(
  { values, errors: given }: FilterFields<FilterName>,
  viewerZone: string,
): ParsedDeliveryFilter {
  const errors: ParsedDeliveryFilter["errors"] = { ...given };
  const filter: DeliveryFilter = {};
  const zone = values.zone ?? viewerZone;
  if (!isZone(zone)) errors[""] ??= "Unknown time zone.";
  for (const name of labeledNames) {
    const value = values[name];
    if (value === undefined) continue;
    const error =
      name === "since" || name === "until"
        ? addTime(filter, name, value, isZone(zone) ? zone : "UTC", values[`${name}_offset`])
        : addToFilter(filter, name, value);
    if (error !== null) errors[name] ??= error;
  }
  return Object.keys(errors).length === 0
    ? { outcome: "parsed", filter, values, errors }
    : { outcome: "invalid", values, errors };
}

/** Adds one restriction to `filter`. Returns an error when the value is not understood. */
function addToFilter(
  filter: DeliveryFilter,
  name: Exclude<LabeledName, "since" | "until">,
  value: string,
): string | null {
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
  }
}

function addTime(
  filter: DeliveryFilter,
  name: "since" | "until",
  value: string,
  zone: string,
  offset: string | undefined,
): string | null {
  const parsed = parseTime(value, zone, offset);
  if (parsed.outcome !== "time") return parsed.error;
  filter[name] = parsed.at;
  return null;
}

/** Lists the restrictions of a filter with their labels, for people. */
export function describeFilter(
  { filter, values }: { filter: DeliveryFilter; values: ParsedDeliveryFilter["values"] },
  viewerZone: string,
): Partial<Record<LabeledName, string>> {
  const { zone: _, since_offset: __, until_offset: ___, ...labeled } = values;
  const zone = values.zone ?? viewerZone;
  const { since, until } = filter;
  return {
    ...labeled,
    ...(values.status === undefined ? {} : { status: statusLabels[values.status] ?? values.status }),
    ...(since === undefined ? {} : { since: formatExactTime(since, zone) }),
    ...(until === undefined ? {} : { until: formatExactTime(until, zone) }),
  };
}
