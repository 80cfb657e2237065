import { z } from "zod";
import { type DeliveryState, deliveryStates } from "../enums.ts";
import { subjectRefSchema } from "../subject-ref.ts";
import { formId, objectId, time } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/** Which deliveries; a missing key does not restrict. Times are of the event, in milliseconds since 1970. */
const deliveryFilterSchema = z.strictObject({
  endpointId: objectId.exactOptional(),
  states: z.array(z.enum(deliveryStates)).max(deliveryStates.length).exactOptional(),
  eventType: z.string().max(64).exactOptional(),
  subjectRef: subjectRefSchema.exactOptional(),
  eventId: objectId.exactOptional(),
  /** The HTTP status of the last attempt. */
  httpStatus: z.int().min(100).max(599).exactOptional(),
  since: time().exactOptional(),
  until: time().exactOptional(),
});
export type DeliveryFilter = z.infer<typeof deliveryFilterSchema>;

/** The states that a bulk requeue accepts: failures. A `sent` delivery can only be resent individually. */
export const requeueableStates: DeliveryState[] = ["failed", "dead"];

/** Restricts a delivery filter to requeueable states. */
export function toRequeueableFilter(filter: DeliveryFilter): DeliveryFilter {
  const states = filter.states ?? requeueableStates;
  return { ...filter, states: states.filter((state) => requeueableStates.includes(state)) };
}

/** Retries a `failed` or `dead` delivery now and restarts its schedule. */
export const requeueDelivery = operation({
  name: "delivery.requeue",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["delivery.requeue"],
  input: z.strictObject({ deliveryId: objectId }),
  output: done(),
});

/** Sends a `sent` delivery again with the same event id. */
export const resendDelivery = operation({
  name: "delivery.resend",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["delivery.resend"],
  input: z.strictObject({ deliveryId: objectId }),
  output: done(),
});

/** Starts a job that retries every `failed` or `dead` delivery that matches. */
export const requeueMany = operation({
  name: "delivery.requeue_many",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["delivery.requeue_many"],
  input: z.strictObject({ jobId: formId("job"), filter: deliveryFilterSchema }),
  output: done<{ jobId: string; total: number }>(),
});

/** What the job has sent stays sent. */
export const stopDeliveryJob = operation({
  name: "delivery_job.stop",
  worker: "deliveries",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["delivery_job.stop"],
  input: z.strictObject({ jobId: objectId }),
  output: done(),
});
