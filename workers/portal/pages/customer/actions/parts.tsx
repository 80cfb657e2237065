import type { AccessView } from "../../../../../shared/contract/operations/customer-views.ts";
import { actionReasons } from "../../../../../shared/contract/operations/inputs.ts";
import { Field, type FormState, Select } from "../../../components/fields.tsx";
import { actionReasonLabels, denialLabels } from "../../../components/labels/customer.ts";
import { LookAlikeMark } from "../../../components/look-alike.tsx";
import { PageHead } from "../../../components/parts.tsx";
import { Ref } from "../../../components/ref.tsx";
import { buildCustomerPath, buildPath, type PortalContext } from "../../../request-context.ts";

/** Parts of every page that acts on one customer. */

export function ActionHead({
  c,
  subjectRef,
  title,
}: {
  c: PortalContext;
  subjectRef: string;
  title: string;
}) {
  return (
    <PageHead
      title={title}
      lead={
        <>
          <a href={buildPath(c, "/customers")}>Customers</a> /{" "}
          <a href={buildCustomerPath(c, subjectRef)}>
            <code>
              <Ref value={subjectRef} />
            </code>
          </a>
          <LookAlikeMark subjectRef={subjectRef} /> in {c.get("mode")} mode
        </>
      }
    />
  );
}

/** Fields of the reason: a choice and a text. `readWhy` parses them. */
export function ReasonFields({
  form,
  placeholder,
  hint,
}: {
  form: FormState;
  placeholder: string;
  hint: string;
}) {
  return (
    <>
      <Select
        form={form}
        name="reason"
        label="Reason"
        options={actionReasons.map((value) => ({ value, label: actionReasonLabels[value] }))}
      />
      <Field form={form} name="text" label="Note" placeholder={placeholder} hint={hint} />
    </>
  );
}

/** Formats the access as `allowed`, or `denied, no units are left`. */
export function formatAccess({ allowed, reason }: AccessView): string {
  return allowed ? "allowed" : `denied${reason === null ? "" : `, ${denialLabels[reason]}`}`;
}
