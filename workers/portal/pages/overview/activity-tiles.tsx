import { formatCount } from "../../components/labels/common.ts";
import { formatDuration } from "../../components/time.tsx";
import type { Activity } from "../../db/activity.ts";

/** Shows recent access checks, and how far the D1 copy is behind. */
export function ActivityTiles({ activity, now }: { activity: Activity; now: number }) {
  const { allowed, denied, behindSince } = activity;
  return (
    <>
      <div class="tile">
        <dt>Checks allowed · denied</dt>
        <dd class="num">
          {formatCount(allowed)} · {formatCount(denied)} <small>last 24 hours, approximate</small>
        </dd>
      </div>
      <div class="tile">
        <dt>Customers' copy behind by</dt>
        <dd>{behindSince === null ? "nothing" : formatDuration(now - behindSince)}</dd>
      </div>
    </>
  );
}
