import { licenzy, readUserId } from "../../../lib/licenzy.ts";

/** Sells. Redirect the customer to `url`. */
export async function POST(request: Request): Promise<Response> {
  const userId = readUserId(request);
  if (userId === null) return Response.json({ error: "unauthenticated" }, { status: 401 });
  const { product, order } = (await request.json()) as { product: string; order: string };
  const checkout = await licenzy().checkout.create(
    { subjectRef: userId, productCode: product },
    { eventId: order },
  );
  if (!checkout.ok)
    return Response.json({ error: checkout.error, message: checkout.message }, { status: 409 });
  return Response.json({ url: checkout.checkoutUrl, attempt: checkout.attemptId });
}
