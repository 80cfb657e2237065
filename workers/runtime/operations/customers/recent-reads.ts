/** Keeps values in memory for a while: at most `maxEntries`, each at most `maxAgeMs`. */
export class RecentReads<T> {
  private readonly entries = new Map<string, { value: T; readAt: number }>();

  constructor(private readonly limits: { maxAgeMs: number; maxEntries: number }) {}

  get(key: string, now: number): T | undefined {
    const found = this.entries.get(key);
    if (found === undefined) return undefined;
    if (now - found.readAt < this.limits.maxAgeMs) return found.value;
    this.entries.delete(key);
    return undefined;
  }

  set(key: string, value: T, now: number): void {
    // A map lists the oldest first.
    this.entries.delete(key);
    this.entries.set(key, { value, readAt: now });
    for (const [oldest, { readAt }] of this.entries) {
      const isKept = this.entries.size <= this.limits.maxEntries && now - readAt < this.limits.maxAgeMs;
      if (isKept) break;
      this.entries.delete(oldest);
    }
  }
}
