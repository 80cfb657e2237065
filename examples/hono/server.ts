import { serve } from "@hono/node-server";
import { Licenzy, MemoryEventStore } from "licenzy";
import { buildApp } from "./app.ts";

const {
  LICENZY_API_KEY: apiKey = "",
  LICENZY_BASE_URL: baseUrl = "",
  LICENZY_WEBHOOK_SECRET: webhookSecret = "",
  PORT = "3000",
} = process.env;

const app = buildApp({
  licenzy: new Licenzy({ apiKey, baseUrl }),
  webhookSecret,
  // For one process. examples/sql-event-store survives a restart.
  store: new MemoryEventStore(),
  onEvent: async ({ type, data }) => {
    process.stdout.write(`${type} ${data.subjectRef}\n`);
  },
});
serve({ fetch: app.fetch, port: Number(PORT) }, ({ port }) => {
  process.stdout.write(`http://localhost:${port}\n`);
});
