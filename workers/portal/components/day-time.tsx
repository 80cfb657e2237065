import { useContext } from "hono/jsx";
import { toLocal } from "../time/zone.ts";
import { explainTime, formatDay, formatShortDay, ZoneContext } from "./time.tsx";

const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

/** Formats the local day as `Wednesday, 2 Dec 2026`. */
export const formatLongDay = (at: number, zone: string): string =>
  `${weekdays[new Date(toLocal(at, zone)).getUTCDay()]}, ${formatDay(at, zone)}`;

/** Returns a text that is the same for all times of one local day. */
export const toDayKey = (at: number, zone: string): string =>
  new Date(toLocal(at, zone)).toISOString().slice(0, 10);

/** Shows the day in the viewer's zone, with the year if it is another one than that of `now`: `2 Dec`. */
export function Day({ at, now }: { at: number; now: number }) {
  const zone = useContext(ZoneContext);
  return (
    <time datetime={new Date(at).toISOString()} title={explainTime(at, zone)}>
      {formatShortDay(at, now, zone)}
    </time>
  );
}

/** Shows the time of day in the viewer's zone, such as `14:00:30`. */
export function Clock({ at }: { at: number }) {
  const zone = useContext(ZoneContext);
  return (
    <time datetime={new Date(at).toISOString()} title={explainTime(at, zone)}>
      {new Date(toLocal(at, zone)).toISOString().slice(11, 19)}
    </time>
  );
}
