import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type EndpointInput,
  editEndpoint,
  enableEndpoint,
} from "../../../shared/contract/operations/endpoints.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import {
  deleteEndpointRow,
  disableEndpointRow,
  enableEndpointRow,
  insertEndpoint,
  readEndpoint,
  updateEndpoint,
} from "../../../shared/db/endpoints.ts";
import { endDeliveriesOfDeletedEndpoints, listDueDeliveries } from "../../../shared/db/sweep-deliveries.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/crypto-box.ts";
import { generateSigningSecret } from "../../../shared/webhooks/signing.ts";
import { enqueueDeliveries } from "../sending/lane.ts";
import { signingSecretAssociatedData } from "../sending/signing-secret-place.ts";
import { checkEndpointInput } from "./endpoint-input.ts";
import { implement } from "./implement.ts";
import { unknownEndpoint } from "./refusals.ts";

/** Per scope: each event is written once for every endpoint that subscribes to it. */
const maxEndpoints = 20;
/** Deliveries of a deleted endpoint that end in the request; the sweep ends the rest. */
const maxRowsPerDelete = 1_000;
/** Deliveries of one endpoint that are sent at the same time; each lane continues with the next. */
const maxLanes = 100;

export const create = implement(createEndpoint, async ({ env, scope, audit }, { endpointId, ...input }) => {
  const checked = checkEndpointInput(env, input);
  if (checked.outcome === "refused") return checked;
  const secret = generateSigningSecret();
  const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
  const sealed = await seal(keys, signingSecretAssociatedData(endpointId), secret);
  const row = {
    endpointId,
    ...scope,
    ...checked.input,
    signingSecrets: JSON.stringify([{ sealed, signsUntil: null }]),
  };
  const entry = audit({ target: endpointId, after: auditView(checked.input) });
  if (await d1(insertEndpoint(env.DB, row, maxEndpoints, entry)))
    return { outcome: "done", endpointId, secret };
  return (await d1(readEndpoint(env.DB, scope, endpointId))) === null
    ? refusal("conflict", `A project has at most ${maxEndpoints} endpoints in each mode: delete one first.`)
    : refusal(
        "conflict",
        "This form was sent twice, and the endpoint was made the first time. Its secret is behind Reveal on its page.",
      );
});

/** Queued deliveries go to the new URL. */
export const edit = implement(
  editEndpoint,
  async ({ env, scope, audit }, { endpointId, version, ...input }) => {
    const checked = checkEndpointInput(env, input);
    if (checked.outcome === "refused") return checked;
    const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
    if (endpoint === null) return unknownEndpoint;
    const change = { before: auditView(endpoint), after: auditView(checked.input) };
    const entry = audit({ target: endpointId, ...change });
    if (await d1(updateEndpoint(env.DB, scope, { endpointId, version }, checked.input, entry)))
      return { outcome: "done" };
    return refusal(
      "conflict",
      "This endpoint was changed since you opened it. Look at what stands now, then save again to put yours in its place.",
    );
  },
);

/** Stops sending. Events are still kept for the endpoint, and an attempt under way finishes. Repeating it changes nothing. */
export const disable = implement(disableEndpoint, async ({ env, scope, audit }, { endpointId }) => {
  if ((await d1(readEndpoint(env.DB, scope, endpointId))) === null) return unknownEndpoint;
  await d1(disableEndpointRow(env.DB, scope, endpointId, audit({ target: endpointId })));
  return { outcome: "done" };
});

/** Enabling an enabled endpoint changes nothing. */
export const enable = implement(
  enableEndpoint,
  async ({ env, scope, now, audit }, { endpointId, waiting }) => {
    const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
    if (endpoint === null) return unknownEndpoint;
    const change = { before: { disabled: endpoint.disableReason }, after: { waiting } };
    const entry = audit({ target: endpointId, ...change });
    await d1(enableEndpointRow(env.DB, scope, endpointId, waiting, entry));
    await enqueueDeliveries(env, await d1(listDueDeliveries(env.DB, now, maxLanes, endpointId)));
    return { outcome: "done" };
  },
);

/** Deletes the endpoint and its secrets. Its queued deliveries become `dead`. */
export const remove = implement(deleteEndpoint, async ({ env, scope, now, audit }, { endpointId }) => {
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  const entry = audit({ target: endpointId, before: { url: endpoint.url } });
  await d1(deleteEndpointRow(env.DB, scope, endpointId, entry));
  await d1(endDeliveriesOfDeletedEndpoints(env.DB, now, maxRowsPerDelete));
  return { outcome: "done" };
});

const auditView = ({ url, description, eventTypes }: EndpointInput) => ({
  url,
  description,
  event_types: eventTypes,
});
