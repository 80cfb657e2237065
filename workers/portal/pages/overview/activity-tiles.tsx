import { formatCount } from "../../components/labels/common.ts";
import { formatDuration } from "../../components/time.tsx";
import type { Activity } from "../../db/activity.ts";

/** Shows recent access checks, and how far the D1 copy is behind. */
export function ActivityTiles({ activity, now }: { activity: Activity; now: number }) {
  const { allowed, denied, behindSince } = activity;
  return (
    <>
      <div class="tile">
        <dt>Access checks (24 h)</dt>
        <dd class="num">
          {formatCount(allowed + denied)}{" "}
          <small>
            {allowed + denied === 0
              ? "approximate"
              : `${Math.round((100 * denied) / (allowed + denied))}% denied, approximate`}
          </small>
        </dd>
      </div>
      <div class="tile">
        <dt>Search index</dt>
        <dd>{behindSince === null ? "Up to date" : `${formatDuration(now - behindSince)} behind`}</dd>
      </div>
    </>
  );
}
