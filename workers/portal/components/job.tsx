import { Pill } from "./parts.tsx";
import { count } from "./words.ts";

/** A page of a job that runs loads itself anew so often, without scripts. */
export const refreshSeconds = 2;

export function JobStatus({ status }: { status: "running" | "finished" | "stopped" }) {
  switch (status) {
    case "running":
      return <Pill tone="warn">Under way</Pill>;
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
        {count(done)} of {count(total)} {word}
      </p>
    </>
  );
}
