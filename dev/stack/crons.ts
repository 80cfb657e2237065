const roundsPerTick = 2;
/** A machine that can't keep up gets no more than this. */
const maxRounds = 8;

/**
 * Calls the cron jobs every `everyMs` milliseconds, two rounds at the same time, whether or not earlier rounds
 * have ended: Cloudflare does not wait for a round to end before it starts the next, so rounds must be able to
 * overlap. Returns a function that stops the calls and waits for the running rounds.
 */
export function startCrons(origin: string, everyMs: number): () => Promise<void> {
  const abort = new AbortController();
  const running = new Set<Promise<void>>();
  const timer = setInterval(() => {
    for (let rounds = 0; rounds < roundsPerTick && running.size < maxRounds; rounds++) {
      const round = runRound(origin, abort.signal).finally(() => running.delete(round));
      running.add(round);
    }
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    abort.abort();
    await Promise.all(running);
  };
}

async function runRound(origin: string, signal: AbortSignal): Promise<void> {
  try {
    const reply = await fetch(`${origin}/__dev/cron`, { method: "POST", signal });
    const text = await reply.text();
    // wrangler dev is reloading a worker; the next round comes soon.
    if (reply.status === 503 && text.startsWith("Your worker restarted mid-request")) return;
    if (!reply.ok) console.error(`The cron jobs failed (${reply.status}): ${text}`);
  } catch (error) {
    if (!signal.aborted) console.error("The cron jobs could not be started:", error);
  }
}
