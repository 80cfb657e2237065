import * as deliveries from "../../../../shared/contract/operations/deliveries.ts";
import * as endpoints from "../../../../shared/contract/operations/endpoints.ts";
import { action, form, page, projectRoot, type Route } from "../../auth/route.ts";
import { showDelete, showEnable, showReplay, showRotate } from "./confirm.tsx";
import { showDeliveries } from "./deliveries.tsx";
import { showDelivery } from "./delivery.tsx";
import { requeueDelivery, requeueMany, resendDelivery, stopJob } from "./delivery-actions.ts";
import { showDeliveryStatus } from "./delivery-status.tsx";
import { showEndpoint } from "./endpoint.tsx";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  enableEndpoint,
  replayEvents,
  revealSecret,
  rotateSecret,
  sendTestEvent,
  showEditEndpoint,
  showNewEndpoint,
  updateEndpoint,
} from "./endpoint-actions.ts";
import { showEndpoints } from "./endpoints.tsx";
import { showJob } from "./job.tsx";
import { showRequeue } from "./requeue.tsx";

const endpoint = `${projectRoot}/webhooks/:endpoint`;
const delivery = `${projectRoot}/deliveries/:delivery`;

/** Routes of webhook endpoints and their deliveries. */
export const webhookRoutes: readonly Route[] = [
  page(`${projectRoot}/webhooks`, "viewer", showEndpoints),
  action(`${projectRoot}/webhooks`, endpoints.createEndpoint, createEndpoint),
  form(`${projectRoot}/webhooks/new`, endpoints.createEndpoint, showNewEndpoint),
  page(endpoint, "viewer", showEndpoint),
  form(`${endpoint}/edit`, endpoints.editEndpoint, showEditEndpoint),
  action(`${endpoint}/edit`, endpoints.editEndpoint, updateEndpoint),
  form(`${endpoint}/enable`, endpoints.enableEndpoint, showEnable),
  action(`${endpoint}/enable`, endpoints.enableEndpoint, enableEndpoint),
  action(`${endpoint}/disable`, endpoints.disableEndpoint, disableEndpoint),
  form(`${endpoint}/delete`, endpoints.deleteEndpoint, showDelete),
  action(`${endpoint}/delete`, endpoints.deleteEndpoint, deleteEndpoint),
  action(`${endpoint}/reveal`, endpoints.revealSecret, revealSecret),
  form(`${endpoint}/rotate`, endpoints.rotateSecret, showRotate),
  action(`${endpoint}/rotate`, endpoints.rotateSecret, rotateSecret),
  action(`${endpoint}/test`, endpoints.sendTestEvent, sendTestEvent),
  form(`${endpoint}/replay`, endpoints.replayEvents, showReplay),
  action(`${endpoint}/replay`, endpoints.replayEvents, replayEvents),
  page(`${projectRoot}/deliveries`, "viewer", showDeliveries),
  form(`${projectRoot}/deliveries/requeue`, deliveries.requeueMany, showRequeue),
  action(`${projectRoot}/deliveries/requeue`, deliveries.requeueMany, requeueMany),
  page(`${projectRoot}/deliveries/jobs/:job`, "viewer", showJob),
  action(`${projectRoot}/deliveries/jobs/:job/stop`, deliveries.stopDeliveryJob, stopJob),
  page(delivery, "viewer", showDelivery),
  page(`${delivery}/status`, "viewer", showDeliveryStatus),
  action(`${delivery}/requeue`, deliveries.requeueDelivery, requeueDelivery),
  action(`${delivery}/resend`, deliveries.resendDelivery, resendDelivery),
];
