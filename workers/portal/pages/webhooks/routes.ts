import * as deliveries from "../../../../shared/contract/operations/deliveries.ts";
import * as endpoints from "../../../../shared/contract/operations/endpoints.ts";
import {
  actionRoute,
  confirmedRoute,
  formRoute,
  pageRoute,
  projectRoot,
  type Route,
} from "../../auth/route.ts";
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
import { confirmDeletion, confirmDisabling, showEnable, showReplay, showRotate } from "./options.tsx";
import { showRequeue } from "./requeue.tsx";

const endpoint = `${projectRoot}/webhooks/:endpoint`;
const delivery = `${projectRoot}/deliveries/:delivery`;

/** Routes of webhook endpoints and their deliveries. */
export const webhookRoutes: readonly Route[] = [
  pageRoute(`${projectRoot}/webhooks`, "viewer", showEndpoints),
  actionRoute(`${projectRoot}/webhooks`, endpoints.createEndpoint, createEndpoint),
  formRoute(`${projectRoot}/webhooks/new`, endpoints.createEndpoint, showNewEndpoint),
  pageRoute(endpoint, "viewer", showEndpoint),
  formRoute(`${endpoint}/edit`, endpoints.editEndpoint, showEditEndpoint),
  actionRoute(`${endpoint}/edit`, endpoints.editEndpoint, updateEndpoint),
  formRoute(`${endpoint}/enable`, endpoints.enableEndpoint, showEnable),
  actionRoute(`${endpoint}/enable`, endpoints.enableEndpoint, enableEndpoint),
  confirmedRoute(
    actionRoute(`${endpoint}/disable`, endpoints.disableEndpoint, disableEndpoint),
    confirmDisabling,
  ),
  confirmedRoute(
    actionRoute(`${endpoint}/delete`, endpoints.deleteEndpoint, deleteEndpoint),
    confirmDeletion,
  ),
  actionRoute(`${endpoint}/reveal`, endpoints.revealSecret, revealSecret),
  formRoute(`${endpoint}/rotate`, endpoints.rotateSecret, showRotate),
  actionRoute(`${endpoint}/rotate`, endpoints.rotateSecret, rotateSecret),
  actionRoute(`${endpoint}/test`, endpoints.sendTestEvent, sendTestEvent),
  formRoute(`${endpoint}/replay`, endpoints.replayEvents, showReplay),
  actionRoute(`${endpoint}/replay`, endpoints.replayEvents, replayEvents),
  pageRoute(`${projectRoot}/deliveries`, "viewer", showDeliveries),
  formRoute(`${projectRoot}/deliveries/requeue`, deliveries.requeueMany, showRequeue),
  actionRoute(`${projectRoot}/deliveries/requeue`, deliveries.requeueMany, requeueMany),
  pageRoute(`${projectRoot}/deliveries/jobs/:job`, "viewer", showJob),
  actionRoute(`${projectRoot}/deliveries/jobs/:job/stop`, deliveries.stopDeliveryJob, stopJob),
  pageRoute(delivery, "viewer", showDelivery),
  pageRoute(`${delivery}/status`, "viewer", showDeliveryStatus),
  actionRoute(`${delivery}/requeue`, deliveries.requeueDelivery, requeueDelivery),
  actionRoute(`${delivery}/resend`, deliveries.resendDelivery, resendDelivery),
];
