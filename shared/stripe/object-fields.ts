/** An object of Stripe's lacks what it can't do without. The event is kept, and fails with these words. */
export class UnreadableObject extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnreadableObject";
  }
}

/** Stripe's seconds in our milliseconds. */
export const fromSeconds = (seconds: number): number => seconds * 1_000;

export function optionalMoment(seconds: number | null | undefined): number | null {
  return seconds == null ? null : fromSeconds(seconds);
}

/** Stripe sends an id, or the whole object where it was asked to expand it. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  if (reference == null) return null;
  return typeof reference === "string" ? reference : reference.id;
}

/** `value`, unless it is missing: `what` names it for the operator who reads why the event failed. */
export function required<T>(value: T | null | undefined, what: string): T {
  if (value == null) throw new UnreadableObject(`unreadable: ${what} is missing`);
  return value;
}
