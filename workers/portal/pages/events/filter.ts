import { inboxStatuses } from "../../../../shared/contract/enums.ts";
import type { StripeEventFilter } from "../../db/stripe-events.ts";
import { type FilterFields, readFilterFields } from "../../http/query.ts";

/** `before` is the cursor of the next page. */
const names = ["status", "type", "customer", "before"] as const;

/**
 * The filter of the list and its values for the form. With errors, a value is not understood and nothing is listed.
 */
export function parseStripeEventFilter(
  query: URLSearchParams,
): FilterFields<(typeof names)[number]> & { filter: StripeEventFilter } {
  const { values, errors } = readFilterFields([...query], names);
  const status = inboxStatuses.find((candidate) => candidate === values.status);
  const before = values.before === undefined ? null : parseCursor(values.before);
  if (values.status !== undefined && status === undefined) errors.status ??= "Unknown status.";
  if (values.before !== undefined && before === null) errors[""] ??= "Unknown page.";
  const filter: StripeEventFilter = {
    ...(status === undefined ? {} : { status }),
    ...(values.type === undefined ? {} : { type: values.type }),
    ...(values.customer === undefined ? {} : { subjectRef: values.customer }),
    ...(before === null ? {} : { before }),
  };
  return { filter, values, errors };
}

type Cursor = NonNullable<StripeEventFilter["before"]>;

/** Formats the position after an event, for the link to the next page. */
export const formatCursor = ({ receivedAt, eventId }: Cursor): string => `${receivedAt}.${eventId}`;

function parseCursor(text: string): Cursor | null {
  const [, receivedAt, eventId] = /^(\d{1,16})\.([\w-]{1,255})$/.exec(text) ?? [];
  return receivedAt === undefined || eventId === undefined
    ? null
    : { receivedAt: Number(receivedAt), eventId };
}
