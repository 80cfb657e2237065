/**
 * Returns the key of a write: the event's id as it is where a header can have it, else its hash. The same id always
 * gives the same key. Without an id, a random one. The empty id gives the empty key, which is never sent: unrelated events
 * that lost their id would share its hash, and only the first would take effect.
 */
export async function toIdempotencyKey(eventId: string | undefined): Promise<string> {
  if (eventId === undefined) return crypto.randomUUID();
  if (eventId === "") return "";
  if (/^[\x21-\x7e]{1,255}$/.test(eventId)) return eventId;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(eventId));
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `sha256:${hex}`;
}

/** Returns the id of a part of an event. */
export const toPartId = (eventId: string, part: string) => (eventId === "" ? "" : `${eventId}/${part}`);
