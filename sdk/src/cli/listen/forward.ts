import { buildSignatureHeaders } from "../../../../shared/webhooks/signing.ts";
import { toSnakeCase } from "../../case.ts";
import type { LicenzyEvent } from "../../contract.ts";

export type Forwarded = { status: number; durationMs: number } | { error: string; durationMs: number };

const timeoutMs = 10_000;

/**
 * Sends the event to `url` as a webhook delivery: the same body, byte for byte, signed with `secret` by Standard Webhooks.
 * Redirects are not followed.
 */
export async function forward(
  event: LicenzyEvent,
  { url, secret, signal }: { url: string; secret: string; signal: AbortSignal },
): Promise<Forwarded> {
  const body = JSON.stringify(toSnakeCase(event));
  const startedAt = Date.now();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "User-Agent": "Licenzy-CLI",
        ...buildSignatureHeaders([secret], { id: event.id, at: startedAt, body }),
      },
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    return { status: response.status, durationMs: Date.now() - startedAt };
  } catch (error) {
    return { error: describe(error), durationMs: Date.now() - startedAt };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no response within ${timeoutMs / 1_000} s`;
  const { cause } = error;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return code === "ECONNREFUSED" ? "connection refused" : (code ?? error.message);
}
