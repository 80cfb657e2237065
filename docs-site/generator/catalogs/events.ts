import { eventTypeDescriptions } from "../../../shared/contract/event-catalog.ts";
import {
  type OutboundEventData,
  type OutboundEventType,
  outboundEventDataSchema,
  type SignalType,
  signalTypes,
  usageEventTypes,
} from "../../../shared/contract/outbound-event.ts";
import { code, table } from "../text.ts";

/** What each key of `data` means. The type makes a new key without a meaning an error of the compiler. */
const meanings: Record<keyof OutboundEventData, string> = {
  subject_ref: "The customer.",
  project_id: "The project.",
  mode: "`test` or `live`.",
  product_code: "The product of the entitlement.",
  kind: "`subscription`, `time_pass` or `usage_pack`.",
  status: "The entitlement's status after the change.",
  reason:
    "Why: `checkout_finalized`, `usage_consumed`, `reservation_settled`, `refund`, `dispute`, `expired`, and others. New values may be added.",
  source:
    "Who caused it: `runtime` (your API call), `stripe`, `portal` (an operator) or `system` (the clock).",
  entitlement_id: "The entitlement that changed. `null` when one consume drew from several packs.",
  attempt_id: "The checkout that the purchase came from.",
  units:
    "Units granted, consumed, reserved or released. In `entitlement.updated` the change, negative when units were removed; in `entitlement.expiring` the units of a pack that end with it.",
  usage_remaining: "Units left in all usable packs together, after the change.",
  amount_total: "What the checkout cost, in the currency's minor unit.",
  currency: "The checkout's currency.",
  stripe_checkout_session_id: "`cs_…`",
  stripe_payment_intent_id: "`pi_…`",
  stripe_subscription_id: "`sub_…`",
  current_period_end: "When the paid period ends.",
  expires_at: "When the pass or pack ends.",
  canceled_at: "When the entitlement was canceled.",
  actor_user_id: "With `source: portal`, the operator. Stripe's fields are `null` then.",
  metadata: "What you sent with the checkout.",
  created_at: "When the entitlement was created.",
  updated_at: "When it changed.",
  lots: "When one consume drew from several packs: each with `entitlement_id` and `units`.",
  reservation_id: "The reservation that the units were reserved for, settled from or released by.",
  decision_id:
    "Of `access.gained` and `access.lost`: the decision after the change. An operator can look it up in the portal.",
  sequence: "The position in the customer's history. Skip an event with a lower one than you processed.",
};

const isSignal = (type: string) => (signalTypes as readonly string[]).includes(type);
const isUsage = (type: string) => (usageEventTypes as readonly string[]).includes(type);

const onlySubscribed = "\n\nIt is created only where an endpoint subscribes to this type.";
const accessNote = `${onlySubscribed} Gained and lost alternate, and \`timestamp\` is when access changed, by an entry or by time alone. It arrives later than that: keep asking \`POST /v1/access/check\` before you let a customer in.`;
const settingsNote =
  "The threshold is set in the portal, for the project or a product: nothing is sent without one.";

const signalNotes: Record<SignalType, string> = {
  "access.gained": accessNote,
  "access.lost": accessNote,
  "usage.low": `${onlySubscribed} ${settingsNote} Low and recovered alternate. \`usage_remaining\` is the customer's balance: the units left in all usable packs. Reserved units are not in it. See [Low credits](/docs/low-credits).`,
  "usage.recovered": `${onlySubscribed} It follows a \`usage.low\` once the balance has grown to more than 10 % above the threshold, or the threshold was lowered.`,
  "entitlement.expiring": `${onlySubscribed} The number of days is set in the portal, for the project or a product. It is sent once for each end of an entitlement: the expiry of a pass, pack or grant, or the day on which a canceled subscription ends. \`units\` are those that end with a pack. A renewal that moves the end leads to another one. What is sold with an end that is nearer than that is not reported.`,
};

export function eventTypeCatalog(): string {
  const types = Object.keys(eventTypeDescriptions) as OutboundEventType[];
  const entries = types.map((type) => {
    const note = isUsage(type)
      ? "\n\nIt is created only where an enabled endpoint subscribes to this type, because there may be many a second."
      : isSignal(type)
        ? signalNotes[type as SignalType]
        : "";
    return `### ${code(type)} {#${type}}\n\n${eventTypeDescriptions[type]}${note}`;
  });
  entries.push(
    `### ${code("endpoint.test")} {#endpoint.test}\n\nAn operator sent a test event from the portal. It is attempted once, without retries, and every key of \`data\` but \`project_id\`, \`mode\`, \`reason\` and \`source\` may be \`null\`.`,
  );
  return entries.join("\n\n");
}

export function eventDataTable(): string {
  const keys = Object.keys(outboundEventDataSchema.shape) as (keyof OutboundEventData)[];
  return table(
    ["Key", "Meaning"],
    keys.map((key) => [code(key), meanings[key]]),
  );
}
