import type { CustomerView } from "../../../../../shared/contract/operations/customer-views.ts";
import type { FormState } from "../../../components/fields.tsx";
import { formatUnits } from "../../../components/labels/common.ts";
import { Id } from "../../../components/parts.tsx";

/** Names the reservation to release, and what its job gets when it settles later. */
export function ReleaseFields({ form, customer }: { form: FormState; customer: CustomerView | null }) {
  const id = form.values["reservation_id"] ?? "";
  const reservation = customer?.reservations.find(({ reservationId }) => reservationId === id);
  return (
    <>
      <p class="target">
        {reservation === undefined ? null : (
          <b>
            {formatUnits(reservation.held)} held by {reservation.key}
          </b>
        )}
        <Id value={id} />
        <span class="quiet">
          The units become available again. If the job still runs, its settle is refused. You can't undo this.
        </span>
      </p>
      <input type="hidden" name="reservation_id" value={id} />
    </>
  );
}
