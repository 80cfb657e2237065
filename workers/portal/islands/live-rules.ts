/** Interval between two requests, in milliseconds. */
export const pollIntervalMs = 3_000;
/** Duration after which polling stops, in milliseconds. By then the operator has stopped looking. */
export const maxPollingMs = 10 * 60_000;

/**
 * Classifies a response. `show`: it has the new state. `again`: a later request may succeed. `stop`: no
 * later request will succeed.
 *
 * `stop` covers an ended session, a removed role and a deleted delivery. An ended session redirects, which
 * fetch does not follow here.
 */
export function classifyResponse({
  type,
  status,
}: {
  type: string;
  status: number;
}): "show" | "again" | "stop" {
  if (type === "opaqueredirect") return "stop";
  if (status === 200) return "show";
  return status >= 400 && status < 500 && status !== 429 ? "stop" : "again";
}
