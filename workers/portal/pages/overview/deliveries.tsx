import { formatCappedCount } from "../../components/labels/common.ts";
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
            Events are queued. <a href={buildPath(c, "/webhooks")}>View endpoints</a>
          </p>
        </div>
      ) : null}
      {oldestUnsentAt !== null && now - oldestUnsentAt > longWaitMs ? (
        <div class="notice">
          <p>
            <b>Webhook deliveries are failing</b> (oldest <Time at={oldestUnsentAt} now={now} />
            ). Licenzy retries automatically.{" "}
            <a href={buildPath(c, "/deliveries?status=open")}>View deliveries</a>
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
        <dt>Webhook success rate (24 h)</dt>
        <dd class="num">
          <a href={buildPath(c, "/deliveries")}>
            {deliveriesTried === 0 ? "No deliveries" : formatPercent(deliveriesSent, deliveriesTried)}
          </a>{" "}
          {deliveriesTried === 0 ? null : (
            <small>
              {formatCappedCount(deliveriesSent)} of {formatCappedCount(deliveriesTried)}
            </small>
          )}
        </dd>
      </div>
      <div class="tile">
        <dt>Oldest queued delivery</dt>
        <dd>{oldestUnsentAt === null ? "None" : <Time at={oldestUnsentAt} now={now} />}</dd>
      </div>
      <div class="tile">
        <dt>Failed deliveries</dt>
        <dd class="num">
          <a href={buildPath(c, "/deliveries?status=dead")}>{formatCappedCount(deliveriesDead)}</a>
        </dd>
      </div>
    </>
  );
}

/** Rounds down, so that 100% means that all were delivered. */
const formatPercent = (part: number, whole: number): string => `${Math.floor((part / whole) * 1_000) / 10}%`;
