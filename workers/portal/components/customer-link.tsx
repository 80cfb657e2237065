import { buildCustomerPath, type PortalContext } from "../request-context.ts";
import { LookAlikeMark } from "./look-alike.tsx";
import { Ref } from "./ref.tsx";

/** Links to the page of a customer. Shows `otherwise` where there is no customer. */
export function CustomerLink({
  c,
  subjectRef,
  otherwise = "—",
}: {
  c: PortalContext;
  subjectRef: string | null;
  otherwise?: string;
}) {
  if (subjectRef === null) return <span class="quiet">{otherwise}</span>;
  return (
    <>
      <a href={buildCustomerPath(c, subjectRef)}>
        <Ref value={subjectRef} />
      </a>
      <LookAlikeMark subjectRef={subjectRef} />
    </>
  );
}
