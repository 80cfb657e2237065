import { licenzy, readUserId } from "../../../../lib/licenzy.ts";

/** The success page polls this. The redirect alone unlocks nothing: anybody can open that address. */
export async function GET(
  request: Request,
  { params }: { params: Promise<{ attempt: string }> },
): Promise<Response> {
  const { attempt } = await params;
  const status = await licenzy().checkout.status(attempt);
  if (!status.ok || status.subjectRef !== readUserId(request))
    return Response.json({ error: "not_found" }, { status: 404 });
  return Response.json({ status: status.status });
}
