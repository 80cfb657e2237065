/** An event's place: one of several in the history of a customer. */
export interface EventPlace {
  id: string;
  /** The customer, in their project and mode; `null` for an event without one. */
  stream: string | null;
  /** The position in the customer's history. Several events of one change have the same. */
  sequence: number | null;
}

export type Outcome = "processed" | "duplicate" | "outdated";

/**
 * Remembers which events were processed. One method, so that a store can do all of it in one transaction: then an event
 * takes effect exactly once, whatever crashes.
 *
 * In this order: return `duplicate` for a known `id`; return `outdated` for a `sequence` below the highest of the
 * `stream`; else run `handle`, remember `id` and `sequence`, commit, and return `processed`. When `handle` throws,
 * remember nothing and throw the same: Licenzy sends the event again.
 */
export interface EventStore<Transaction = undefined> {
  process(place: EventPlace, handle: (transaction: Transaction) => Promise<void>): Promise<Outcome>;
}

/** Events that the memory remembers; the oldest leaves first. */
const maxIds = 100_000;

/** A store for one process, for development and tests: a restart forgets everything. */
export class MemoryEventStore implements EventStore {
  private readonly ids = new Set<string>();
  private readonly newest = new Map<string, number>();
  private readonly running = new Map<string, Promise<unknown>>();

  process(place: EventPlace, handle: (transaction: undefined) => Promise<void>): Promise<Outcome> {
    const lane = place.stream ?? place.id;
    const next = (this.running.get(lane) ?? Promise.resolve()).then(() => this.processNext(place, handle));
    const settled = next.then(
      () => undefined,
      () => undefined,
    );
    this.running.set(lane, settled);
    void settled.then(() => {
      if (this.running.get(lane) === settled) this.running.delete(lane);
    });
    return next;
  }

  private async processNext(
    { id, stream, sequence }: EventPlace,
    handle: (transaction: undefined) => Promise<void>,
  ): Promise<Outcome> {
    if (this.ids.has(id)) return "duplicate";
    const newest = stream === null ? undefined : this.newest.get(stream);
    if (newest !== undefined && sequence !== null && sequence < newest) return "outdated";
    await handle(undefined);
    this.ids.add(id);
    if (stream !== null && sequence !== null) this.newest.set(stream, sequence);
    const [oldest] = this.ids;
    if (this.ids.size > maxIds && oldest !== undefined) this.ids.delete(oldest);
    return "processed";
  }
}
