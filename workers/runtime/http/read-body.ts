import { ApiError } from "./api-error.ts";

/** Read past the limit and discarded: a sender that is cut off while it sends may never read the reply. */
const discardedBytes = 4 * 1024 * 1024;

/** Reads the whole body. Refuses one larger than `maxBytes`, whatever `Content-Length` says. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  // The platform ends a body at its declared length. Reading it whole costs half of reading it in chunks: as much as
  // touching `request.body` alone.
  const declared = Number(request.headers.get("Content-Length") ?? Number.NaN);
  if (declared <= maxBytes) return new Uint8Array(await request.arrayBuffer());
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size <= maxBytes) chunks.push(value);
    if (size <= maxBytes + discardedBytes) continue;
    await reader.cancel();
    break;
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError("payload_too_large", `The body is too large: the maximum is ${maxBytes} bytes.`);
}
