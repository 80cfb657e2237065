import { licenzy, readUserId } from "../../../lib/licenzy.ts";

/** Charges. The job's id makes a repeated request spend once. */
export async function POST(request: Request): Promise<Response> {
  const userId = readUserId(request);
  if (userId === null) return Response.json({ error: "unauthenticated" }, { status: 401 });
  const { job } = (await request.json()) as { job: string };
  const spent = await licenzy().usage.consume(userId, 25, { eventId: job });
  if (spent.ok) return Response.json({ text: "generated", credits: spent.usageRemaining });
  if (spent.error === "insufficient_usage") return Response.json({ error: "buy_credits" }, { status: 402 });
  return Response.json({ error: spent.error }, { status: spent.retryable ? 503 : 409 });
}
