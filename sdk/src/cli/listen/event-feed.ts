import type { LicenzyEvent } from "../../contract.ts";

/**
 * Events reach the list within seconds, so one can appear after a newer one. Each read goes back this far from the newest
 * event of the read before it.
 */
const windowMs = 5 * 60_000;

/**
 * Finds events that were not listed at the read before. Assumes that `list` returns events newest first. A read that fails
 * marks nothing as seen, so the next one returns its events too.
 */
export class EventFeed {
  private readonly seen = new Map<string, number>();
  private newestAt: number | null = null;

  constructor(private readonly list: () => AsyncIterable<LicenzyEvent>) {}

  /** Marks the present events as seen. */
  async start(): Promise<void> {
    await this.read();
  }

  /** Returns the events that appeared since the last read, oldest first. */
  async read(): Promise<LicenzyEvent[]> {
    const found: LicenzyEvent[] = [];
    let floor = this.newestAt === null ? null : this.newestAt - windowMs;
    for await (const event of this.list()) {
      const at = Date.parse(event.timestamp);
      // The first read has no earlier one: it goes back from the newest event.
      floor ??= at - windowMs;
      if (at < floor) break;
      if (!this.seen.has(event.id)) found.push(event);
    }
    for (const { id, timestamp } of found) {
      const at = Date.parse(timestamp);
      this.seen.set(id, at);
      this.newestAt = Math.max(this.newestAt ?? at, at);
    }
    this.newestAt ??= Number.NEGATIVE_INFINITY;
    for (const [id, at] of this.seen) if (at < this.newestAt - windowMs) this.seen.delete(id);
    return found.reverse();
  }
}
