import type { DeliveryAttemptError } from "../../../shared/contract/enums.ts";

/** The result of one POST, complete or not. */
export interface PostResult {
  /** `null` when no response arrived. */
  status: number | null;
  /** `null` for a 2xx, and only then. */
  error: DeliveryAttemptError | null;
  /** The error message, or the beginning of the response body. */
  excerpt: string;
  retryAfter: string | null;
}

const attemptTimeoutMs = 10_000;
/** The rest of the response body is not read. */
const excerptBytes = 2_048;
/** Limits the read of the excerpt. The excerpt is only displayed and does not affect the outcome. */
const excerptTimeoutMs = 2_000;

/** Sends one request, for at most 10 s, and follows no redirect. Never throws for errors of the receiver. */
export async function postEvent(
  url: URL,
  headers: Record<string, string>,
  body: string,
): Promise<PostResult> {
  const signal = AbortSignal.timeout(attemptTimeoutMs);
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
  } catch (error) {
    return { status: null, error: classifyError(error), excerpt: toMessage(error), retryAfter: null };
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

/**
 * Returns the first 2 KB of the body as text, or the part that arrived in time. Then closes the connection.
 */
async function readExcerpt(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const timeout = AbortSignal.timeout(excerptTimeoutMs);
  const cancel = () => void reader.cancel().catch(() => undefined);
  timeout.addEventListener("abort", cancel);
  const bytes = new Uint8Array(excerptBytes);
  let length = 0;
  try {
    while (length < excerptBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      const chunk = value.subarray(0, excerptBytes - length);
      bytes.set(chunk, length);
      length += chunk.length;
    }
  } catch {
    // The body was interrupted. The status has arrived, and it alone decides the outcome.
  } finally {
    timeout.removeEventListener("abort", cancel);
    cancel();
  }
  // The portal displays the excerpt: replaces control characters other than line breaks and tabs.
  return new TextDecoder().decode(bytes.subarray(0, length)).replace(/[^\P{Cc}\n\r\t]/gu, "\ufffd");
}

/**
 * Classifies by message, because the platform gives errors no codes. Any other error counts as a refused
 * connection.
 */
function classifyError(error: unknown): DeliveryAttemptError {
  if (error instanceof Error && error.name === "TimeoutError") return "timeout";
  const message = toMessage(error);
  if (/\b(tls|ssl|certificate)\b/i.test(message)) return "tls";
  if (/\bdns\b/i.test(message)) return "dns";
  return "refused";
}

function toMessage(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
