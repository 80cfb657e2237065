import { stripeSecondsSchema } from "../contract/stripe-event.ts";

/**
 * A Stripe object has a field that is missing or has no meaning. The event is stored, and fails with
 * this message.
 */
export class UnreadableObjectError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnreadableObjectError";
  }
}

/**
 * Converts Stripe's seconds to milliseconds. Throws for what is no time of the calendar, which would
 * break a page or a computation later. Every time that is read from a Stripe object goes through here.
 * `field` names it to the operator.
 */
export function fromSeconds(seconds: number, field: string): number {
  const milliseconds = parseSeconds(seconds);
  if (milliseconds === null) throw new UnreadableObjectError(`unreadable: ${field} is not a time`);
  return milliseconds;
}

/** Converts Stripe's seconds to milliseconds; `null` for what is no time of the calendar. */
export function parseSeconds(seconds: unknown): number | null {
  const parsed = stripeSecondsSchema.safeParse(seconds);
  return parsed.success ? parsed.data * 1_000 : null;
}

export function fromOptionalSeconds(seconds: number | null | undefined, field: string): number | null {
  return seconds == null ? null : fromSeconds(seconds, field);
}

/**
 * Returns the id of a reference. Stripe sends the id alone, or the whole object if the request expanded it.
 */
export function getReferenceId(reference: string | { id: string } | null | undefined): string | null {
  if (reference == null) return null;
  return typeof reference === "string" ? reference : reference.id;
}

/**
 * Returns `value`, or throws if it is missing. `field` describes it to the operator who reviews the event.
 */
export function requireField<T>(value: T | null | undefined, field: string): T {
  if (value == null) throw new UnreadableObjectError(`unreadable: ${field} is missing`);
  return value;
}
