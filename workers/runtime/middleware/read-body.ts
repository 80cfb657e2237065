import { RequestRefused } from "../reply.ts";

/** A sender that is refused before it has finished may never read the refusal: so much more is taken and thrown away. */
const discardedBytes = 4 * 1024 * 1024;

/** The whole body, unless it is larger than `maxBytes`: it is refused then, whatever `Content-Length` says. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  // The platform ends a body where its length said; read whole, it costs half of what reading it in parts does, and what
  // `request.body` alone would cost.
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

function tooLarge(maxBytes: number): RequestRefused {
  return new RequestRefused("payload_too_large", `The body is larger than ${maxBytes} bytes.`);
}
