import type {
  ReservationChange,
  ReservationView,
} from "../../../../../shared/contract/operations/reservation-views.ts";
import { formatCount, formatUnits } from "../../../components/labels/common.ts";
import { Card, Id, Pill } from "../../../components/parts.tsx";
import { actionsColumn, Cell, numberColumn, Row, Table } from "../../../components/table.tsx";
import { Time } from "../../../components/time.tsx";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";

/** Maximum number of reservations on a page. A customer can have 1,000. */
const maxShown = 50;

/** Shows the units that jobs hold, and what was not billed: since when, until when, and by which request. */
export function Reservations({
  c,
  subjectRef,
  reservations,
  canAct,
}: {
  c: PortalContext;
  subjectRef: string;
  reservations: ReservationView[];
  canAct: boolean;
}) {
  if (reservations.length === 0) return null;
  const held = reservations.reduce((sum, reservation) => sum + reservation.held, 0);
  const now = c.get("now");
  return (
    <Card id="held" title="Held" note={`${formatUnits(held)} held by ${countJobs(reservations)}`}>
      <Table
        label="Held units"
        columns={[numberColumn("Units"), "Since", "Until", "Idempotency key", actionsColumn]}
      >
        {reservations.slice(0, maxShown).map((reservation) => (
          <Row id={reservation.reservationId}>
            <Cell>{formatCount(reservation.unfunded ?? reservation.held)}</Cell>
            <Cell>
              <a href={`?#entry-${reservation.sequence}`}>
                <Time at={reservation.createdAt} now={now} />
              </a>
            </Cell>
            <Cell>
              <Time at={reservation.expiresAt} now={now} />
              {reservation.unfunded === null ? null : <Pill tone="warn">Not billed</Pill>}
              {reservation.isOpen && reservation.onExpiry === "settle" ? <small>then spent</small> : null}
            </Cell>
            <Cell class="wrap">
              <code>{reservation.key}</code>
              <Id value={reservation.reservationId} />
            </Cell>
            <Cell>
              {canAct && reservation.isOpen ? (
                <a
                  class="button small"
                  href={releasePath(c, subjectRef, reservation.reservationId)}
                  aria-label={`Release units held by ${reservation.key}`}
                  data-drawer
                >
                  Release units…
                </a>
              ) : null}
            </Cell>
          </Row>
        ))}
      </Table>
      {reservations.length > maxShown ? (
        <p class="quiet">
          Showing {maxShown} of {formatCount(reservations.length)}, the first to expire first.
        </p>
      ) : null}
    </Card>
  );
}

const releasePath = (c: PortalContext, subjectRef: string, reservationId: string) =>
  buildCustomerPath(c, subjectRef, `/release-reservation?reservation_id=${reservationId}`);

/** Counts the jobs that hold units: `1 open job`. */
export function countJobs(reservations: ReservationView[]): string {
  const open = reservations.filter(({ isOpen }) => isOpen).length;
  return open === 1 ? "1 open job" : `${formatCount(open)} open jobs`;
}

/** Says in the timeline what an entry did to a reservation, with a link to the entry that reserved. */
export function ReservationLine({
  reservation: { sequence, units, held, unfunded },
  own,
  consumed,
}: {
  reservation: ReservationChange;
  /** The sequence of the entry. */
  own: number;
  consumed: number;
}) {
  if (sequence === own) return <p>{formatUnits(units)} held for a job.</p>;
  const result =
    unfunded === null
      ? `${formatCount(consumed)} of ${formatCount(units)} reserved units used, ${formatCount(held)} still held.`
      : `${formatUnits(unfunded)} used after the reservation expired, and not billed.`;
  return (
    <p>
      {result} Reserved in <a href={`#entry-${sequence}`}>#{sequence}</a>.
    </p>
  );
}
