import type { Activity } from "../../../../shared/db/activity.ts";
import { duration } from "../../components/time.tsx";
import { count } from "../../components/words.ts";

/** What the runtime answered lately, and whether what the portal shows of customers is up to date. */
export function ActivityTiles({ activity, now }: { activity: Activity; now: number }) {
  const { allowed, denied, behindSince } = activity;
  return (
    <>
      <div class="tile">
        <dt>Checks allowed · denied</dt>
        <dd class="num">
          {count(allowed)} · {count(denied)} <small>last 24 hours, approximate</small>
        </dd>
      </div>
      <div class="tile">
        <dt>Customers' copy behind by</dt>
        <dd>{behindSince === null ? "nothing" : duration(now - behindSince)}</dd>
      </div>
    </>
  );
}
