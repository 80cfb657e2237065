import * as customers from "../../../../../shared/contract/operations/customers.ts";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { callOperation } from "../../../http/call-operation.ts";
import type { PortalContext } from "../../../request-context.ts";

/**
 * Streams everything stored about the customer as one file, part by part, so that its size is not limited.
 *
 * An error aborts the download, so that an incomplete file never looks complete.
 */
export async function exportCustomer(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const read = (cursor: string | null) => callOperation(c, customers.exportCustomer, { subjectRef, cursor });
  const first = await read(null);
  if (first.outcome === "refused") return renderRefusalPage(c, first);
  const encoder = new TextEncoder();
  let { next } = first;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(first.text)),
    async pull(controller) {
      const part = await read(next);
      if (part.outcome === "refused") throw new Error(part.message);
      controller.enqueue(encoder.encode(part.text));
      next = part.next;
      if (next === null) controller.close();
    },
  });
  return c.body(body, 200, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Disposition": `attachment; filename="licenzy-customer-${c.get("now")}.json"`,
  });
}
