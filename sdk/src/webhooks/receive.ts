import type { LicenzyEvent } from "../contract.ts";
import type { EventStore, Outcome } from "./event-store.ts";
import { type SignedRequest, type Verified, type VerifyError, type VerifyOptions, verify } from "./verify.ts";

export interface ReceiveOptions<Transaction> extends VerifyOptions {
  store: EventStore<Transaction>;
  /** Does your part. Called once per event, in the order of the customer's history. Throw to have it sent again. */
  handle: (event: LicenzyEvent, transaction: Transaction) => Promise<void>;
}

/** Respond with `status`: 204 for every event that needs no further attempt. */
export type Received =
  | { ok: true; status: 204; outcome: Outcome; event: LicenzyEvent }
  | { ok: false; status: 400; error: VerifyError; message: string };

export class WebhookReceiver {
  constructor(
    /** Runs for every verified event, also for a repeated one. */
    private readonly onEvent: (event: LicenzyEvent) => void,
  ) {}

  /** Verifies the signature of an event. */
  verify(request: SignedRequest, options: VerifyOptions): Promise<Verified> {
    return verify(request, options);
  }

  /** Verifies an event, and handles it unless it was handled before or a newer one of the customer was. */
  async receive<Transaction>(
    request: SignedRequest,
    { store, handle, ...options }: ReceiveOptions<Transaction>,
  ): Promise<Received> {
    const verified = await verify(request, options);
    if (!verified.ok) return { ...verified, status: 400 };
    const { event } = verified;
    this.onEvent(event);
    const { projectId, mode, subjectRef, sequence } = event.data;
    const stream = subjectRef === null ? null : `${projectId}/${mode}/${subjectRef}`;
    const outcome = await store.process({ id: event.id, stream, sequence }, (transaction) =>
      handle(event, transaction),
    );
    return { ok: true, status: 204, outcome, event };
  }
}
