import type { OperatorCaller, OperatorReply, Place } from "./operator.ts";
import type { DeliveryState } from "./words.ts";

/** What an operator says of an endpoint. */
export interface EndpointInput {
  url: string;
  description: string;
  eventTypes: string[];
}

/** Which deliveries; what is left out does not restrict. Times are of the event, in milliseconds since 1970. */
export interface DeliveryFilter {
  endpointId?: string;
  states?: DeliveryState[];
  eventType?: string;
  subjectRef?: string;
  eventId?: string;
  /** Of the last attempt. */
  httpStatus?: number;
  since?: number;
  until?: number;
}

/**
 * What the portal asks of the deliveries worker over RPC: every change of endpoints and deliveries. The terms are those
 * of `OperatorRpc`: a session's token is all that is believed, and every answer is a value. Ids that a form chose make
 * sending it twice do it once. `version` is the `updated_at` that a form was made from.
 */
export interface WebhookOperatorRpc {
  createEndpoint(
    caller: OperatorCaller,
    place: Place,
    endpoint: EndpointInput & { endpointId: string },
  ): Promise<OperatorReply<{ endpointId: string; secret: string }>>;
  updateEndpoint(
    caller: OperatorCaller,
    place: Place,
    edit: EndpointInput & { endpointId: string; version: number },
  ): Promise<OperatorReply>;
  /** `waiting` says what becomes of the deliveries that were kept for it. */
  enableEndpoint(
    caller: OperatorCaller,
    place: Place,
    endpointId: string,
    waiting: "send" | "drop",
  ): Promise<OperatorReply>;
  disableEndpoint(caller: OperatorCaller, place: Place, endpointId: string): Promise<OperatorReply>;
  deleteEndpoint(caller: OperatorCaller, place: Place, endpointId: string): Promise<OperatorReply>;
  revealSecret(
    caller: OperatorCaller,
    place: Place,
    endpointId: string,
  ): Promise<OperatorReply<{ secret: string }>>;
  rotateSecret(
    caller: OperatorCaller,
    place: Place,
    rotation: { endpointId: string; version: number; overlapMs: number },
  ): Promise<OperatorReply<{ secret: string; formerSignsUntil: number }>>;
  sendTestEvent(
    caller: OperatorCaller,
    place: Place,
    endpointId: string,
  ): Promise<OperatorReply<{ deliveryId: string; eventId: string }>>;
  requeueDelivery(caller: OperatorCaller, place: Place, deliveryId: string): Promise<OperatorReply>;
  resendDelivery(caller: OperatorCaller, place: Place, deliveryId: string): Promise<OperatorReply>;
  requeueMany(
    caller: OperatorCaller,
    place: Place,
    job: { jobId: string; filter: DeliveryFilter },
  ): Promise<OperatorReply<{ jobId: string; total: number }>>;
  /** `total` is `null` while events have to be brought back from the ledgers: the job tells later. */
  replayEvents(
    caller: OperatorCaller,
    place: Place,
    job: { jobId: string; endpointId: string; since: number },
  ): Promise<OperatorReply<{ jobId: string; total: number | null }>>;
  stopJob(caller: OperatorCaller, place: Place, jobId: string): Promise<OperatorReply>;
}
