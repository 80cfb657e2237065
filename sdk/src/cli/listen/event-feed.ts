import type { LicenzyEvent } from "../../contract.ts";

/**
 * Events reach the list within seconds, so one can appear after a newer one. Each read goes back this far from the newest
 * event of the read before it.
 */
const windowMs = 5 * 60_000;
/**
 * What time alone did is dated when it became so, which can be days before it is listed. So the newest events are looked at
 * whatever their time. As many as `list` gets with one request.
 */
const newestCount = 100;

/**
 * Finds events that were not listed at the read before. Assumes that `list` returns events newest first. A read that fails
 * marks nothing as seen, so the next one returns its events too.
 */
export class EventFeed {
  private seen = new Set<string>();
  private newestAt: number | null = null;
  /** The read before listed no event from before this time, although there may be some. */
  private listedFrom = Number.NEGATIVE_INFINITY;

  constructor(private readonly list: () => AsyncIterable<LicenzyEvent>) {}

  /** Marks the present events as seen. */
  async start(): Promise<void> {
    await this.read();
  }

  /** Returns the events that appeared since the last read, oldest first. */
  async read(): Promise<LicenzyEvent[]> {
    const listed: { event: LicenzyEvent; at: number }[] = [];
    let listedFrom = Number.NEGATIVE_INFINITY;
    let floor = this.newestAt === null ? null : this.newestAt - windowMs;
    for await (const event of this.list()) {
      const at = Date.parse(event.timestamp);
      // The first read has no earlier one: it goes back from the newest event.
      floor ??= at - windowMs;
      if (at < floor && listed.length >= newestCount) {
        listedFrom = listed.at(-1)?.at ?? listedFrom;
        break;
      }
      listed.push({ event, at });
    }
    // Where a customer's events were erased, older ones take their places in the list. They are not new.
    const found = listed.filter(({ event, at }) => at >= this.listedFrom && !this.seen.has(event.id));
    this.seen = new Set(listed.map(({ event }) => event.id));
    this.newestAt = Math.max(this.newestAt ?? Number.NEGATIVE_INFINITY, listed[0]?.at ?? 0);
    this.listedFrom = listedFrom;
    return found.map(({ event }) => event).reverse();
  }
}
