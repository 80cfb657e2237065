import { stopStripeBackfill } from "../../../../shared/contract/operations/stripe-backfills.ts";
import { parseBackfillFindings, type StripeBackfillRow } from "../../../../shared/db/stripe-backfills.ts";
import { mayRun } from "../../auth/may-run.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { JobProgress, JobStatus, JobTimes } from "../../components/job.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { Card } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";

/** Shows the newest backfill: its progress, the customers that it skipped, and the button to stop or resume it. */
export function BackfillCard({ c, backfill }: { c: PortalContext; backfill: StripeBackfillRow }) {
  const { status, done, total, gapFrom, gapTo, error } = backfill;
  const now = c.get("now");
  return (
    <Card title="Reading customers again" note={<JobStatus status={status} />}>
      <div class="pad">
        <p>
          No events were received from <Time at={gapFrom} now={now} /> to <Time at={gapTo} now={now} />.
          Stripe lists only 30 days of them, so Licenzy reads each customer's purchases from Stripe.
        </p>
        <JobProgress done={done} total={total} word="customers read" />
        <dl class="facts">
          <JobTimes job={backfill} now={now} />
        </dl>
        {error === null ? null : (
          <p class="notice warn">Licenzy retries within a minute. The last attempt failed: {error}</p>
        )}
        <Buttons c={c} backfill={backfill} />
      </div>
      <Skipped c={c} backfill={backfill} />
    </Card>
  );
}

function Buttons({ c, backfill: { jobId, status } }: { c: PortalContext; backfill: StripeBackfillRow }) {
  if (status === "finished" || !mayRun(c, stopStripeBackfill)) return null;
  const action = (verb: string) => buildPath(c, `/stripe/backfills/${jobId}/${verb}`);
  return (
    <div>
      {status === "running" ? (
        <ActionButton action={action("stop")} label="Stop backfill" tone="danger" />
      ) : (
        <ActionButton action={action("resume")} label="Resume backfill" />
      )}
    </div>
  );
}

function Skipped({ c, backfill }: { c: PortalContext; backfill: StripeBackfillRow }) {
  const findings = parseBackfillFindings(backfill);
  if (findings.length === 0) return null;
  const { skipped } = backfill;
  const isTruncated = findings.length < skipped;
  return (
    <>
      <p class="pad">
        {formatCount(skipped)} could not be read
        {isTruncated ? `; ${formatCount(findings.length)} are named` : ""}:
      </p>
      <ul class="rows">
        {findings.map(({ subjectRef, message }) => (
          <li>
            <CustomerLink c={c} subjectRef={subjectRef} />
            <span class="wrap">{message}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
