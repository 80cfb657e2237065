import { waitUntil } from "cloudflare:workers";
import { LateAnswer } from "../../shared/kit/deadline.ts";

/**
 * Time limits of the calls that requests wait for, all of an isolate watched by one timer: a timer of its own would be a tenth
 * of what a check costs (docs/performance.md).
 *
 * Guarantees: `work` that has not ended `tickMs` after its limit is given up with `LateAnswer`; what it did stays done.
 * Assumes: a promise that is rejected from another request's context goes on in its own. The platform sees to that
 * (`handle_cross_request_promise_resolution`, in the compatibility date), but not for `new Promise` in optimised code: hence
 * `Promise.withResolvers`.
 * The timer runs in the context of the request that started it, beyond its answer. It hands over before the platform would
 * end it, and should it have ended early, the next request starts another, which watches the calls of the former too.
 */
const tickMs = 20;
/** No tick for so long: whoever ticked is gone. */
const overdueMs = 100;
/** The platform ends what goes on 30 s after an answer. A timer this old leaves new calls to another, and goes on for its own. */
const handOverMs = 10_000;
const endMs = 20_000;

interface Watched {
  /** On the machine's clock. */
  until: number;
  giveUp(): void;
}

const watched = new Set<Watched>();
/** When the timer that new calls rely on was started or ticked, on the machine's clock; 0 when there is none. */
let tickedAt = 0;

/** As `work` ends, or `LateAnswer` after `timeoutMs`. */
export function withinTime<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const now = Date.now();
  const entry = {
    until: now + timeoutMs,
    giveUp: () => reject(new LateAnswer(`no answer within ${timeoutMs} ms`)),
  };
  watched.add(entry);
  if (now - tickedAt > overdueMs) {
    tickedAt = now;
    waitUntil(tick(now));
  }
  work.then(
    (value) => {
      watched.delete(entry);
      resolve(value);
    },
    (error: unknown) => {
      watched.delete(entry);
      reject(error);
    },
  );
  return promise;
}

async function tick(startedAt: number): Promise<void> {
  for (;;) {
    await scheduler.wait(tickMs);
    const now = Date.now();
    for (const entry of watched) {
      if (now < entry.until) continue;
      watched.delete(entry);
      entry.giveUp();
    }
    if (watched.size === 0 || now - startedAt >= endMs) break;
    if (now - startedAt < handOverMs) tickedAt = now;
  }
  tickedAt = 0;
}
