import type { ErrorCodes, EventList, Key, LicenzyEvent } from "./contract.ts";
import type { CallOptions } from "./options.ts";
import { orThrow, type Result } from "./result.ts";
import type { Transport } from "./transport.ts";

export class Keys {
  constructor(private readonly transport: Transport) {}

  /** Returns what the client's key selects, and whether Stripe's events arrive. For a check of an installation. */
  current(options?: CallOptions): Promise<Result<Key, ErrorCodes["getKey"]>> {
    return this.transport.call({ method: "GET", path: "/v1/key" }, options);
  }
}

export class Events {
  constructor(private readonly transport: Transport) {}

  /**
   * Lists the events of test mode, newest first: with a live key, it throws `test_mode_only`. Reads the next page when it
   * is needed. Throws a `LicenzyError` when a page can't be read. Production receives events through a webhook endpoint.
   */
  async *list(options: CallOptions & { pageSize?: number } = {}): AsyncGenerator<LicenzyEvent> {
    const { pageSize = 100 } = options;
    let after = "";
    for (;;) {
      const call = { method: "GET", path: "/v1/events", query: `?limit=${pageSize}${after}` } as const;
      const page = orThrow(await this.transport.call<EventList, ErrorCodes["listEvents"]>(call, options));
      yield* page.events;
      const last = page.events.at(-1);
      if (!page.hasMore || last === undefined) return;
      after = `&starting_after=${last.id}`;
    }
  }
}
