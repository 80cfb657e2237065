import type Stripe from "stripe";
import type { Truth } from "./truth.ts";

export type Json = Record<string, unknown>;

/** `old` is the shape before 2025. */
export type ApiShape = "current" | "old";

export interface EmittedEvent {
  event: Stripe.Event;
  /** Each subscription as a read at the time of the event returns it. */
  subscriptionsThen: ReadonlyMap<string, Json>;
}

/** The clock, the ids, the truth and the events of one history. */
export class World {
  readonly truth: Truth = {
    subscriptions: [],
    invoices: [],
    payments: [],
    purchases: [],
    operatorActions: [],
  };
  readonly events: EmittedEvent[] = [];
  /** The latest JSON of each subscription. Never changed in place. */
  subscriptionJson: ReadonlyMap<string, Json> = new Map();
  seconds = 1_700_000_000;
  private count = 0;

  constructor(readonly shape: ApiShape) {}

  id(prefix: string): string {
    return `${prefix}_${++this.count}`;
  }

  /** Emits an event. `created` is in seconds; the present by default. */
  emit(type: Stripe.Event["type"], object: Json, previous?: Json, created = this.seconds): void {
    const event = {
      id: this.id("evt"),
      object: "event",
      type,
      created,
      livemode: false,
      data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
    };
    this.events.push({
      event: event as unknown as Stripe.Event,
      subscriptionsThen: this.subscriptionJson,
    });
  }
}

/** Finds by an index that counts from the newest and wraps around. */
export function pick<T>(list: readonly T[], index: number): T | undefined {
  return list.length === 0 ? undefined : list[list.length - 1 - (index % list.length)];
}
