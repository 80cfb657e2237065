import { requireAccess } from "licenzy/next";
import { licenzy, readUserId } from "../../../lib/licenzy.ts";

/** Gates a page: 402 with the reason when the customer has no access. */
export async function GET(request: Request): Promise<Response> {
  const gate = requireAccess({ licenzy: licenzy(), subjectRef: readUserId });
  return gate(() => Response.json({ report: "for customers who paid" }))(request);
}
