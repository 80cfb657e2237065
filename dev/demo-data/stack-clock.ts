/** The clock of the development stack. It only moves forward. */
export class StackClock {
  constructor(private readonly origin: string) {}

  /** Returns the stack's time, in milliseconds since 1970. */
  async now(): Promise<number> {
    const { now } = await this.call({});
    return Date.parse(now);
  }

  /** Advances to `at`, and lets everything that is due happen. Does nothing if `at` has passed. */
  async advanceTo(at: number): Promise<void> {
    const seconds = (at - (await this.now())) / 1_000;
    if (seconds <= 0) return;
    await this.call({ method: "POST", body: JSON.stringify({ advance_seconds: seconds }) });
  }

  private async call(init: RequestInit): Promise<{ now: string }> {
    const reply = await fetch(`${this.origin}/__dev/clock`, init);
    if (!reply.ok) throw new Error(`clock: ${reply.status} ${await reply.text()}`);
    return (await reply.json()) as { now: string };
  }
}
