/**
 * Delay before consumption is flushed, so that a busy subject costs D1 one write per interval and not one per
 * call.
 * - `subscribed`: an endpoint subscribes to usage events, and its receiver gets them within 0.5 s.
 * - `unsubscribed`: only the portal's lists are delayed.
 * - `busy`: the minimum between two flushes of a constantly active subject. D1 writes about 1,000 rows/s for
 *   all subjects together, and one flush costs as much as several consumes.
 */
export const flushDelayMs = { subscribed: 200, unsubscribed: 5_000, busy: 30_000 };
/** An alarm that is late by this much is lost. */
export const alarmLostAfterMs = 60_000;
export const retryDelayMs = (failures: number) => Math.min(60_000, 1_000 * 2 ** failures);
