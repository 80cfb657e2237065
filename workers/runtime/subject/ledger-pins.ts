/** Counts the reads of the ledger that pause in between. Folding and erasure wait for them. */
export class LedgerPins {
  private reads = 0;

  isFree(): boolean {
    return this.reads === 0;
  }

  /** Keeps the entries in place while `work` reads them. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.reads++;
    try {
      return await work();
    } finally {
      this.reads--;
    }
  }
}
