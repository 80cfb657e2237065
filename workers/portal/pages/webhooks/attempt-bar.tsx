import type { DeliveryDetail } from "../../../../shared/db/deliveries.ts";
import { maxScheduledAttempts } from "../../../../shared/webhooks/retry-schedule.ts";

/** The attempts since the schedule began, one segment each, and those that the schedule has left. */
export function AttemptBar({ found }: { found: DeliveryDetail }) {
  const { delivery, attempts } = found;
  const made = attempts.slice(-delivery.attemptsInRun);
  const failed = made.filter(({ error }) => error !== null).length;
  const left = delivery.state === "failed" ? Math.max(0, maxScheduledAttempts - made.length) : 0;
  return (
    <figure class="attempt-bar">
      <div aria-hidden="true">
        {made.map(({ error, durationMs }) => (
          <span class={durationMs === null ? "" : error === null ? "good" : "bad"} />
        ))}
        {Array.from({ length: left }, () => (
          <span class="left" />
        ))}
      </div>
      <figcaption class="quiet">
        {count(failed, "attempt")} failed{left === 0 ? "" : ` · ${left} left`}
      </figcaption>
    </figure>
  );
}

const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
