/**
 * Group commit: requests that arrive at the same time share one commit.
 *
 * Each request waits for the next turn of the event loop. All waiting requests then decide and write in that
 * turn, synchronously and one after another. The platform commits all writes of a turn together. A request
 * reads nothing before the wait, so the wait does not change what it reads.
 */
export class GroupCommit {
  private nextTurn: Promise<void> | null = null;

  /** Resolves in the next turn of the event loop, for all callers of this turn. */
  join(): Promise<void> {
    this.nextTurn ??= scheduler.wait(0).then(() => {
      this.nextTurn = null;
    });
    return this.nextTurn;
  }
}
