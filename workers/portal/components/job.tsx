import type { PortalContext } from "../request-context.ts";
import { ActionButton } from "./fields.tsx";
import { formatCount } from "./labels/common.ts";
import { PageHead, Pill } from "./parts.tsx";
import { FullTime } from "./time.tsx";

/** The page of a running job reloads after this many seconds, without scripts. */
const refreshSeconds = 2;

export function refreshWhileRunning(c: PortalContext, isRunning: boolean): void {
  if (isRunning) c.header("Refresh", String(refreshSeconds));
}

/**
 * Heading of a job: its title, a link to its list, and the button to stop it. `stop` is `null` when the job
 * can't be stopped, or not by this operator.
 */
export function JobHead({
  title,
  list,
  isRunning,
  stop,
}: {
  title: string;
  list: { label: string; href: string };
  isRunning: boolean;
  stop: string | null;
}) {
  return (
    <PageHead
      title={title}
      lead={
        <>
          <a href={list.href}>{list.label}</a> / {isRunning ? "Updating automatically" : "Finished"}
        </>
      }
    >
      {stop === null ? undefined : (
        <ActionButton action={stop} label="Stop job" tone="danger" small={false} />
      )}
    </PageHead>
  );
}

export function JobStatus({ status }: { status: "running" | "finished" | "stopped" }) {
  switch (status) {
    case "running":
      return <Pill tone="warn">Running</Pill>;
    case "finished":
      return <Pill tone="good">Finished</Pill>;
    case "stopped":
      return <Pill>Stopped</Pill>;
  }
}

export function JobProgress({ done, total, word }: { done: number; total: number; word: string }) {
  return (
    <>
      <progress max={Math.max(total, 1)} value={total === 0 ? 1 : done} aria-label="Done" />
      <p class="num">
        {formatCount(done)} of {formatCount(total)} {word}
      </p>
    </>
  );
}

/** Two rows of a definition list. */
export function JobTimes({
  job: { createdAt, updatedAt },
  now,
  by,
}: {
  job: { createdAt: number; updatedAt: number };
  now: number;
  by?: string;
}) {
  return (
    <>
      <dt>Started</dt>
      <dd>
        <FullTime at={createdAt} now={now} />
        {by === undefined ? null : <span class="quiet"> by {by}</span>}
      </dd>
      <dt>Last update</dt>
      <dd>
        <FullTime at={updatedAt} now={now} />
      </dd>
    </>
  );
}
