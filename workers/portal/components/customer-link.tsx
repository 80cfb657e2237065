import { customerPath, type PortalContext } from "../request-context.ts";

/** The customer something is about, linked to their page; `otherwise` where it is about none. */
export function CustomerLink({
  c,
  subjectRef,
  otherwise = "–",
}: {
  c: PortalContext;
  subjectRef: string | null;
  otherwise?: string;
}) {
  if (subjectRef === null) return <span class="quiet">{otherwise}</span>;
  return <a href={customerPath(c, subjectRef)}>{subjectRef}</a>;
}
