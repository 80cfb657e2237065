import { formatCappedCount } from "../../components/labels/common.ts";
import { deliveryStateLabels } from "../../components/labels/webhook.ts";
import { Time } from "../../components/time.tsx";
import type { ProjectFacts } from "../../db/overview.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";

interface DeliveriesProps {
  c: PortalContext;
  facts: ProjectFacts;
  now: number;
}

/** A working endpoint receives its delivery within seconds. A wait longer than this is reported. */
const longWaitMs = 10 * 60_000;

/** Reports problems with deliveries that need an operator. */
export function DeliveryProblems({ c, facts, now }: DeliveriesProps) {
  const { endpointsDisabled, oldestUnsentAt } = facts;
  return (
    <>
      {endpointsDisabled > 0 ? (
        <div class="notice">
          <p>
            <b>
              {endpointsDisabled} webhook endpoint{endpointsDisabled === 1 ? " is" : "s are"} disabled.
            </b>{" "}
            Events are kept and not sent. <a href={buildPath(c, "/webhooks")}>Look</a>
          </p>
        </div>
      ) : null}
      {oldestUnsentAt !== null && now - oldestUnsentAt > longWaitMs ? (
        <div class="notice">
          <p>
            <b>A delivery waits</b> since <Time at={oldestUnsentAt} now={now} />. It is tried again by itself.{" "}
            <a href={buildPath(c, "/deliveries?status=open")}>Look</a>
          </p>
        </div>
      ) : null}
    </>
  );
}

export function DeliveryTiles({ c, facts, now }: DeliveriesProps) {
  const { deliveriesSent, deliveriesTried, deliveriesDead, oldestUnsentAt } = facts;
  return (
    <>
      <div class="tile">
        <dt>Deliveries {deliveryStateLabels.sent.label.toLowerCase()}, last 24 hours</dt>
        <dd class="num">
          <a href={buildPath(c, "/deliveries")}>
            {deliveriesTried === 0 ? "none" : formatPercent(deliveriesSent, deliveriesTried)}
          </a>{" "}
          {deliveriesTried === 0 ? null : (
            <small>
              {formatCappedCount(deliveriesSent)} of {formatCappedCount(deliveriesTried)}
            </small>
          )}
        </dd>
      </div>
      <div class="tile">
        <dt>Oldest waiting delivery</dt>
        <dd>{oldestUnsentAt === null ? "nothing waits" : <Time at={oldestUnsentAt} now={now} />}</dd>
      </div>
      <div class="tile">
        <dt>Deliveries {deliveryStateLabels.dead.label.toLowerCase()}</dt>
        <dd class="num">
          <a href={buildPath(c, "/deliveries?status=dead")}>{formatCappedCount(deliveriesDead)}</a>
        </dd>
      </div>
    </>
  );
}

/** Rounds down, so that 100 % means that all were delivered. */
const formatPercent = (part: number, whole: number): string => `${Math.floor((part / whole) * 1_000) / 10} %`;
