import type { PocketStripe } from "./pocket-stripe.ts";

export interface ApiReply<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

/** A backend that calls the runtime API. */
export class ApiClient {
  constructor(
    readonly origin: string,
    private readonly apiKey: string,
  ) {}

  async post<T = Record<string, unknown>>(
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiReply<T>> {
    return this.send<T>(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async get<T = Record<string, unknown>>(path: string): Promise<ApiReply<T>> {
    return this.send<T>(path, {});
  }

  async checkout(subjectRef: string, productCode: string, idempotencyKey: string) {
    return this.post<{ attempt_id: string; checkout_url: string }>(
      "/v1/checkout/session",
      { subject_ref: subjectRef, product_code: productCode },
      { "Idempotency-Key": idempotencyKey },
    );
  }

  async consume(subjectRef: string, units: number, idempotencyKey: string) {
    return this.post<{ ok?: true; consumed?: number; usage_remaining?: number; error?: string }>(
      "/v1/usage/consume",
      { subject_ref: subjectRef, units },
      { "Idempotency-Key": idempotencyKey },
    );
  }

  async check(subjectRef: string) {
    return this.post<{ allowed: boolean; reason?: string }>("/v1/access/check", { subject_ref: subjectRef });
  }

  private async send<T>(path: string, init: RequestInit): Promise<ApiReply<T>> {
    const headers = { Authorization: `Bearer ${this.apiKey}`, ...init.headers };
    const response = await fetch(this.origin + path, { ...init, headers });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  }
}

/** Creates a checkout and pays it, as a customer would. Returns the session's id. */
export async function buy(
  api: ApiClient,
  stripe: PocketStripe,
  subjectRef: string,
  productCode: string,
): Promise<string> {
  const { status, body } = await api.checkout(subjectRef, productCode, `seed-${subjectRef}-${productCode}`);
  if (status !== 201) throw new Error(`checkout of ${productCode}: ${status} ${JSON.stringify(body)}`);
  const sessionId = sessionIdOf(body.checkout_url);
  await stripe.pay(sessionId, { email: `${subjectRef}@example.com` });
  return sessionId;
}

export async function consume(api: ApiClient, subjectRef: string, units: number): Promise<void> {
  const { status, body } = await api.consume(subjectRef, units, `seed-${subjectRef}-${units}`);
  if (status !== 200) throw new Error(`consume ${units}: ${status} ${JSON.stringify(body)}`);
}

/** Returns the session's id, which ends the URL of pocket Stripe's pay page. */
export function sessionIdOf(checkoutUrl: string): string {
  return new URL(checkoutUrl).pathname.split("/").at(-1) ?? "";
}
