/**
 * Fires the sweeps as Cloudflare's crons would. One at a time: a slow sweep delays the next, they never pile up.
 * Returns a function that stops it and waits for the sweep under way.
 */
export function startCrons(origin: string, everyMs: number): () => Promise<void> {
  const abort = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = fireOnce(origin, abort.signal).finally(() => {
      busy = false;
    });
  }, everyMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    abort.abort();
    return running;
  };
}

async function fireOnce(origin: string, signal: AbortSignal): Promise<void> {
  try {
    const reply = await fetch(`${origin}/__dev/cron`, { method: "POST", signal });
    const text = await reply.text();
    if (!reply.ok) console.error(`The sweeps failed (${reply.status}): ${text}`);
  } catch (error) {
    if (!signal.aborted) console.error("The sweeps could not be started:", error);
  }
}
