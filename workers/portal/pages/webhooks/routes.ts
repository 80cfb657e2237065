import type { Route } from "../../auth/route.ts";
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

const place = "/p/:project/:mode";

/** The part of the table in `routes.ts` that is about webhooks. Disabling and stopping ask for no proof: they must not wait. */
export const webhookRoutes: readonly Route[] = [
  { method: "GET", path: `${place}/webhooks`, needs: "viewer", handler: showEndpoints },
  { method: "POST", path: `${place}/webhooks`, needs: "admin", proof: "live", handler: createEndpoint },
  { method: "GET", path: `${place}/webhooks/new`, needs: "admin", handler: showNewEndpoint },
  { method: "GET", path: `${place}/webhooks/:endpoint`, needs: "viewer", handler: showEndpoint },
  { method: "GET", path: `${place}/webhooks/:endpoint/edit`, needs: "admin", handler: showEditEndpoint },
  {
    method: "POST",
    path: `${place}/webhooks/:endpoint/edit`,
    needs: "admin",
    proof: "live",
    handler: updateEndpoint,
  },
  { method: "GET", path: `${place}/webhooks/:endpoint/enable`, needs: "admin", handler: showEnable },
  {
    method: "POST",
    path: `${place}/webhooks/:endpoint/enable`,
    needs: "admin",
    proof: "live",
    handler: enableEndpoint,
  },
  { method: "POST", path: `${place}/webhooks/:endpoint/disable`, needs: "admin", handler: disableEndpoint },
  { method: "GET", path: `${place}/webhooks/:endpoint/delete`, needs: "admin", handler: showDelete },
  {
    method: "POST",
    path: `${place}/webhooks/:endpoint/delete`,
    needs: "admin",
    proof: "live",
    handler: deleteEndpoint,
  },
  {
    method: "POST",
    path: `${place}/webhooks/:endpoint/reveal`,
    needs: "admin",
    proof: "always",
    handler: revealSecret,
  },
  { method: "GET", path: `${place}/webhooks/:endpoint/rotate`, needs: "admin", handler: showRotate },
  {
    method: "POST",
    path: `${place}/webhooks/:endpoint/rotate`,
    needs: "admin",
    proof: "live",
    handler: rotateSecret,
  },
  {
    method: "POST",
    path: `${place}/webhooks/:endpoint/test`,
    needs: "support",
    proof: "live",
    handler: sendTestEvent,
  },
  { method: "GET", path: `${place}/webhooks/:endpoint/replay`, needs: "support", handler: showReplay },
  {
    method: "POST",
    path: `${place}/webhooks/:endpoint/replay`,
    needs: "support",
    proof: "live",
    handler: replayEvents,
  },
  { method: "GET", path: `${place}/deliveries`, needs: "viewer", handler: showDeliveries },
  { method: "GET", path: `${place}/deliveries/requeue`, needs: "support", handler: showRequeue },
  {
    method: "POST",
    path: `${place}/deliveries/requeue`,
    needs: "support",
    proof: "live",
    handler: requeueMany,
  },
  { method: "GET", path: `${place}/deliveries/jobs/:job`, needs: "viewer", handler: showJob },
  { method: "POST", path: `${place}/deliveries/jobs/:job/stop`, needs: "support", handler: stopJob },
  { method: "GET", path: `${place}/deliveries/:delivery`, needs: "viewer", handler: showDelivery },
  {
    method: "GET",
    path: `${place}/deliveries/:delivery/status`,
    needs: "viewer",
    handler: showDeliveryStatus,
  },
  {
    method: "POST",
    path: `${place}/deliveries/:delivery/requeue`,
    needs: "support",
    proof: "live",
    handler: requeueDelivery,
  },
  {
    method: "POST",
    path: `${place}/deliveries/:delivery/resend`,
    needs: "support",
    proof: "live",
    handler: resendDelivery,
  },
];
