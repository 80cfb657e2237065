import { eventStore, licenzy } from "../../lib/licenzy.ts";

/** Receives webhooks. Do your part in `handle`. */
export async function POST(request: Request): Promise<Response> {
  const { status } = await licenzy().webhooks.receive(request, {
    secret: process.env["LICENZY_WEBHOOK_SECRET"] ?? "",
    store: eventStore,
    handle: async ({ type, data }) => {
      process.stdout.write(`${type} ${data.subjectRef}\n`);
    },
  });
  return new Response(null, { status });
}
