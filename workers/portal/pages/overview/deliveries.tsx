import type { ProjectFacts } from "../../../../shared/db/overview.ts";
import { Time } from "../../components/time.tsx";
import { deliveryWords } from "../../components/webhook-words.ts";
import { upTo } from "../../components/words.ts";
import { type PortalContext, pathTo } from "../../request-context.ts";

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
            Events are kept and not sent. <a href={pathTo(c, "/webhooks")}>Look</a>
          </p>
        </div>
      ) : null}
      {oldestUnsentAt !== null && now - oldestUnsentAt > longWaitMs ? (
        <div class="notice">
          <p>
            <b>A delivery waits</b> since <Time at={oldestUnsentAt} now={now} />. It is tried again by itself.{" "}
            <a href={pathTo(c, "/deliveries?status=open")}>Look</a>
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
        <dt>Deliveries {deliveryWords.sent.label.toLowerCase()}, last 24 hours</dt>
        <dd class="num">
          <a href={pathTo(c, "/deliveries")}>
            {deliveriesTried === 0 ? "none" : formatPercent(deliveriesSent, deliveriesTried)}
          </a>{" "}
          {deliveriesTried === 0 ? null : (
            <small>
              {upTo(deliveriesSent)} of {upTo(deliveriesTried)}
            </small>
          )}
        </dd>
      </div>
      <div class="tile">
        <dt>Oldest waiting delivery</dt>
        <dd>{oldestUnsentAt === null ? "nothing waits" : <Time at={oldestUnsentAt} now={now} />}</dd>
      </div>
      <div class="tile">
        <dt>Deliveries {deliveryWords.dead.label.toLowerCase()}</dt>
        <dd class="num">
          <a href={pathTo(c, "/deliveries?status=dead")}>{upTo(deliveriesDead)}</a>
        </dd>
      </div>
    </>
  );
}

/** Rounds down, so that 100 % means that all were delivered. */
const formatPercent = (part: number, whole: number): string => `${Math.floor((part / whole) * 1_000) / 10} %`;
