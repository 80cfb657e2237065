import { z } from "zod";
import { type DeliveryState, deliveryStates } from "../enums.ts";
import { formId } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/** Which deliveries; a missing key does not restrict. Times are of the event, in milliseconds since 1970. */
const deliveryFilterSchema = z.strictObject({
  endpointId: z.string().exactOptional(),
  states: z.array(z.enum(deliveryStates)).exactOptional(),
  eventType: z.string().exactOptional(),
  subjectRef: z.string().exactOptional(),
  eventId: z.string().exactOptional(),
  /** The HTTP status of the last attempt. */
  httpStatus: z.number().exactOptional(),
  since: z.number().exactOptional(),
  until: z.number().exactOptional(),
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
  input: z.strictObject({ deliveryId: z.string() }),
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
  input: z.strictObject({ deliveryId: z.string() }),
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
  input: z.strictObject({ jobId: z.string() }),
  output: done(),
});
