/** How often what changes by itself is asked for, in milliseconds. */
export const askEveryMs = 3_000;
/** After this long without an end a person has stopped looking, in milliseconds. */
export const liveForMs = 10 * 60_000;

/**
 * What an answer means: `show` what came; `again`, since it may go better the next time; `stop`, since it will not: the
 * session has ended (which answers with a redirect, not followed here), the role was taken away, or it is gone.
 */
export function meaningOf({ type, status }: { type: string; status: number }): "show" | "again" | "stop" {
  if (type === "opaqueredirect") return "stop";
  if (status === 200) return "show";
  return status >= 400 && status < 500 && status !== 429 ? "stop" : "again";
}
