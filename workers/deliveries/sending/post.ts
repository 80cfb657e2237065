import type { AttemptError } from "../../../shared/contract/words.ts";

/** One POST, as far as it came. */
export interface PostResult {
  /** `null` when no reply came. */
  status: number | null;
  /** `null` for a 2xx, and only then. */
  error: AttemptError | null;
  /** What the error says, or the beginning of the reply. */
  excerpt: string;
  retryAfter: string | null;
}

const attemptTimeoutMs = 10_000;
/** Of the reply; the rest is never read. */
const excerptBytes = 2_048;
/** How long a reply that has begun may take with its first bytes of body: they are for people, they decide nothing. */
const excerptTimeoutMs = 2_000;

/** Sends once, in 10 seconds at most, and follows no redirect. Never throws for what a receiver does. */
export async function post(url: URL, headers: Record<string, string>, body: string): Promise<PostResult> {
  const signal = AbortSignal.timeout(attemptTimeoutMs);
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  } catch (error) {
    return { status: null, error: errorOf(error), excerpt: messageOf(error), retryAfter: null };
  }
  const { status } = response;
  const isSuccess = status >= 200 && status < 300;
  const isRedirect = status >= 300 && status < 400;
  return {
    status,
    error: isSuccess ? null : isRedirect ? "redirect" : "http",
    excerpt: await readExcerpt(response),
    retryAfter: response.headers.get("retry-after"),
  };
}

/** The first 2 KB of the body as text, or what of it came in time. The connection is given up afterwards. */
async function readExcerpt(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const late = AbortSignal.timeout(excerptTimeoutMs);
  const stop = () => void reader.cancel().catch(() => undefined);
  late.addEventListener("abort", stop);
  const bytes = new Uint8Array(excerptBytes);
  let length = 0;
  try {
    while (length < excerptBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, excerptBytes - length);
      bytes.set(part, length);
      length += part.length;
    }
  } catch {
    // Broken off in the middle: the status has come, and it alone decides.
  } finally {
    late.removeEventListener("abort", stop);
    stop();
  }
  // A page may show it: no control characters but line breaks and tabs.
  return new TextDecoder().decode(bytes.subarray(0, length)).replace(/[^\P{Cc}\n\r\t]/gu, "\ufffd");
}

/** The platform gives errors no codes, only sentences. What is none of the others ended the connection. */
function errorOf(error: unknown): AttemptError {
  if (error instanceof Error && error.name === "TimeoutError") return "timeout";
  const message = messageOf(error);
  if (/\b(tls|ssl|certificate)\b/i.test(message)) return "tls";
  if (/\bdns\b/i.test(message)) return "dns";
  return "refused";
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
