import { inboxStatuses } from "../../../../shared/contract/enums.ts";
import type { StripeEventFilter } from "../../db/stripe-events.ts";

/** Parses the filter and the cursor in the query string. Malformed values are ignored. */
export function parseStripeEventFilter(query: Readonly<Record<string, string | undefined>>): {
  filter: StripeEventFilter;
  values: Record<"status" | "type" | "customer", string>;
} {
  const { type = "", customer = "" } = query;
  const status = inboxStatuses.find((candidate) => candidate === query["status"]);
  const before = parseCursor(query["before"]);
  const filter: StripeEventFilter = {
    ...(status === undefined ? {} : { status }),
    ...(type === "" ? {} : { type }),
    ...(customer === "" ? {} : { subjectRef: customer }),
    ...(before === null ? {} : { before }),
  };
  return { filter, values: { status: status ?? "", type, customer } };
}

type Cursor = NonNullable<StripeEventFilter["before"]>;

/** Formats the position after an event, for the link to the next page. */
export const formatCursor = ({ receivedAt, eventId }: Cursor): string => `${receivedAt}.${eventId}`;

function parseCursor(text = ""): Cursor | null {
  const [, receivedAt, eventId] = /^(\d{1,16})\.([\w-]{1,255})$/.exec(text) ?? [];
  return receivedAt === undefined || eventId === undefined
    ? null
    : { receivedAt: Number(receivedAt), eventId };
}
