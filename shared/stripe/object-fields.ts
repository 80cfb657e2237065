/** A Stripe object lacks a required field. The event is stored, and fails with this message. */
export class UnreadableObjectError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnreadableObjectError";
  }
}

/** Converts Stripe's seconds to milliseconds. */
export const fromSeconds = (seconds: number): number => seconds * 1_000;

export function fromOptionalSeconds(seconds: number | null | undefined): number | null {
  return seconds == null ? null : fromSeconds(seconds);
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
