import type { DeliveriesSweep, RuntimeSweep } from "../../../../shared/contract/sweeps.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { formatDuration, Time } from "../../components/time.tsx";
import type { Activity } from "../../db/activity.ts";
import type { BackgroundTroubles } from "../../db/background-work.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";

/** What each sweep does, in an operator's words. */
const sweepLabels: Record<RuntimeSweep | DeliveriesSweep, string> = {
  expiries: "recording expiries",
  keyrings: "sending API keys to all places",
  lostAlarms: "looking for changes without an alarm",
  erasures: "erasing customers",
  inbox: "applying Stripe events",
  inboxReads: "applying Stripe events that need an answer from Stripe",
  missedEvents: "looking for missed Stripe events",
  reviews: "reviewing silent subscriptions",
  access: "updating access in lists",
  oldEvents: "removing old Stripe events",
  oldAttempts: "removing unpaid checkouts",
  storage: "measuring the database",
  deliveries: "starting webhook deliveries",
  subjectJobs: "continuing data checks",
  bulkJobs: "continuing bulk actions",
  alertMessages: "starting alert messages",
  alerts: "evaluating alerts",
  retention: "removing old rows",
};

/** An expiry is recorded within a minute. One that takes longer than this is reported. */
const lateExpiryMs = 5 * 60_000;

interface TroublesProps {
  c: PortalContext;
  troubles: BackgroundTroubles;
  activity: Activity;
  now: number;
}

/** Names background work that is slow, fails or is stopped by a fault of this installation. */
export function BackgroundProblems({ c, troubles, activity, now }: TroublesProps) {
  const { sweeps, ownFault, unwritten, erasureSince } = troubles;
  const { behindSince } = activity;
  return (
    <>
      {ownFault === null ? null : (
        <div class="notice bad">
          <p>
            <b>
              Webhooks to {ownFault.endpoints} endpoint{ownFault.endpoints === 1 ? " are" : "s are"} paused
            </b>{" "}
            since <Time at={ownFault.since} now={now} /> because of a configuration error: {ownFault.fault}{" "}
            Events are queued, and no attempt is counted.{" "}
            <a href={buildPath(c, "/webhooks")}>View endpoints</a>
          </p>
        </div>
      )}
      {unwritten === null ? null : (
        <div class="notice bad">
          <p>
            <b>
              Can't write changes of {unwritten.customers} customer{unwritten.customers === 1 ? "" : "s"} to
              the database.
            </b>{" "}
            Lists and webhooks miss them. Access is not affected. First:{" "}
            <CustomerLink c={c} subjectRef={unwritten.subjectRef} />: {unwritten.error}
          </p>
        </div>
      )}
      {sweeps.map(({ sweep, since, durationMs, error }) => (
        <div class="notice">
          <p>
            <b>
              Background work {error === null ? "is slow" : "fails"}:{" "}
              {sweep in sweepLabels ? sweepLabels[sweep as keyof typeof sweepLabels] : sweep}
            </b>{" "}
            took {formatDuration(durationMs)}
            {error === null ? "" : ` and failed: ${error}`}. Since <Time at={since} now={now} />. Licenzy
            retries every minute. Other work is not affected.
          </p>
        </div>
      ))}
      {behindSince !== null && now - behindSince > lateExpiryMs ? (
        <div class="notice">
          <p>
            <b>An expiry is not recorded</b> since <Time at={behindSince} now={now} />. Access ended on time.
            Lists and webhooks follow. Licenzy retries every minute.
          </p>
        </div>
      ) : null}
      {erasureSince === null ? null : (
        <div class="notice bad">
          <p>
            <b>An erasure has not finished</b> since <Time at={erasureSince} now={now} />. Licenzy retries
            every minute.
          </p>
        </div>
      )}
    </>
  );
}
