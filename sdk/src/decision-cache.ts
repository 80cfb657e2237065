/** Entries kept; the one that was used longest ago leaves first. */
const maxEntries = 10_000;

interface Entry<Answer> {
  answer: Answer;
  /** On the clock of `performance.now()`. */
  at: number;
  /** A change by this client may have made it wrong. */
  isOutdated: boolean;
}

/** The last known answers by customer, in memory. */
export class DecisionCache<Answer> {
  private readonly entries = new Map<string, Map<string, Entry<Answer>>>();
  private readonly drops = new Map<string, number>();
  private dropped = 0;

  /** Returns the answer if it is at most `maxAgeMs` old and not outdated, with its age. */
  find(subjectRef: string, question: string, maxAgeMs: number): { answer: Answer; ageMs: number } | null {
    const found = this.entries.get(subjectRef)?.get(question);
    return found?.isOutdated === false ? this.findLast(subjectRef, question, maxAgeMs) : null;
  }

  /** As `find`, and also an outdated one: the last that is known. */
  findLast(subjectRef: string, question: string, maxAgeMs: number): { answer: Answer; ageMs: number } | null {
    const found = this.entries.get(subjectRef)?.get(question);
    if (found === undefined) return null;
    const ageMs = performance.now() - found.at;
    return ageMs <= maxAgeMs ? { answer: found.answer, ageMs } : null;
  }

  /** Begins a read. The returned function stores its answer, unless the customer was dropped in between. */
  begin(subjectRef: string, question: string): (answer: Answer) => void {
    const at = performance.now();
    const before = this.drops.get(subjectRef) ?? 0;
    return (answer) => {
      if ((this.drops.get(subjectRef) ?? 0) !== before) return;
      const own = this.entries.get(subjectRef) ?? new Map<string, Entry<Answer>>();
      // An answer to an earlier question never replaces that to a later one.
      if ((own.get(question)?.at ?? 0) > at) return;
      own.set(question, { answer, at, isOutdated: false });
      this.entries.delete(subjectRef);
      this.entries.set(subjectRef, own);
      const [oldest] = this.entries.keys();
      if (this.entries.size > maxEntries && oldest !== undefined) this.entries.delete(oldest);
    };
  }

  /** Outdates the customer's answers, and drops those of reads that are on their way. */
  outdate(subjectRef: string): void {
    for (const entry of this.entries.get(subjectRef)?.values() ?? []) entry.isOutdated = true;
    this.dropReads(subjectRef);
  }

  /** Forgets the customer's answers, and those of reads that are on their way. */
  drop(subjectRef: string): void {
    this.entries.delete(subjectRef);
    this.dropReads(subjectRef);
  }

  private dropReads(subjectRef: string): void {
    this.drops.delete(subjectRef);
    this.drops.set(subjectRef, ++this.dropped);
    const [oldest] = this.drops.keys();
    if (this.drops.size > maxEntries && oldest !== undefined) this.drops.delete(oldest);
  }
}
