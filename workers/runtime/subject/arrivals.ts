/**
 * Lets requests that come at the same time share a commit.
 *
 * Each waits until those beside it are here too, then decides and writes for itself, synchronously and one after another, but
 * in one turn of the event loop; the platform commits what a turn wrote as one. Nothing of a request is read before the wait,
 * so it changes nothing about what it sees.
 */
export class Arrivals {
  private arrival: Promise<void> | null = null;

  together(): Promise<void> {
    this.arrival ??= scheduler.wait(0).then(() => {
      this.arrival = null;
    });
    return this.arrival;
  }
}
