import { Licenzy, MemoryEventStore } from "licenzy";

/** Made at the first request: a build has no key. */
let client: Licenzy | undefined;

export function licenzy(): Licenzy {
  client ??= new Licenzy({
    apiKey: process.env["LICENZY_API_KEY"] ?? "",
    baseUrl: process.env["LICENZY_BASE_URL"] ?? "",
  });
  return client;
}

/** For one process. examples/sql-event-store survives a restart. */
export const eventStore = new MemoryEventStore();

/** `X-User` stands in for your own session. */
export const readUserId = (request: Request): string | null => request.headers.get("X-User");
