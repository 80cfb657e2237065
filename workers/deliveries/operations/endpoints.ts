import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type EndpointInput,
  editEndpoint,
  enableEndpoint,
} from "../../../shared/contract/operations/endpoints.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readEndpoint } from "../../../shared/db/endpoints.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/encryption.ts";
import { generateSigningSecret } from "../../../shared/webhooks/signing.ts";
import { endDeliveriesOfDeletedEndpoints, listDueDeliveries } from "../db/deliveries.ts";
import {
  deleteEndpointRow,
  disableEndpointRow,
  enableEndpointRow,
  insertEndpoint,
  updateEndpoint,
} from "../db/endpoints.ts";
import { enqueueDeliveries } from "../sending/lane.ts";
import { signingSecretAssociatedData } from "../sending/signing-secret-associated-data.ts";
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
  if (await insertEndpoint(dataOf(env, scope), row, maxEndpoints, entry))
    return { outcome: "done", endpointId, secret };
  return (await readEndpoint(dataOf(env, scope), scope, endpointId)) === null
    ? refusal("conflict", `A project has at most ${maxEndpoints} endpoints in each mode. Delete one first.`)
    : refusal(
        "conflict",
        "This form was submitted twice. The endpoint was created the first time. Reveal its secret on its page.",
      );
});

/** Queued deliveries go to the new URL. */
export const edit = implement(
  editEndpoint,
  async ({ env, scope, audit }, { endpointId, version, ...input }) => {
    const checked = checkEndpointInput(env, input);
    if (checked.outcome === "refused") return checked;
    const endpoint = await readEndpoint(dataOf(env, scope), scope, endpointId);
    if (endpoint === null) return unknownEndpoint;
    const change = { before: auditView(endpoint), after: auditView(checked.input) };
    const entry = audit({ target: endpointId, ...change });
    if (await updateEndpoint(dataOf(env, scope), scope, { endpointId, version }, checked.input, entry))
      return { outcome: "done" };
    return refusal(
      "conflict",
      "Another operator changed this endpoint while you were editing. Nothing was saved. Review the current values, then save again.",
    );
  },
);

/** Stops sending. Events are still kept for the endpoint, and an attempt under way finishes. Repeating it changes nothing. */
export const disable = implement(disableEndpoint, async ({ env, scope, audit }, { endpointId }) => {
  if ((await readEndpoint(dataOf(env, scope), scope, endpointId)) === null) return unknownEndpoint;
  await disableEndpointRow(dataOf(env, scope), scope, endpointId, audit({ target: endpointId }));
  return { outcome: "done" };
});

/** Enabling an enabled endpoint changes nothing. */
export const enable = implement(
  enableEndpoint,
  async ({ env, scope, now, audit }, { endpointId, waiting }) => {
    const endpoint = await readEndpoint(dataOf(env, scope), scope, endpointId);
    if (endpoint === null) return unknownEndpoint;
    const change = { before: { disabled: endpoint.disableReason }, after: { waiting } };
    const entry = audit({ target: endpointId, ...change });
    await enableEndpointRow(dataOf(env, scope), scope, endpointId, waiting, entry);
    await enqueueDeliveries(env, await listDueDeliveries(dataOf(env, scope), now, maxLanes, endpointId));
    return { outcome: "done" };
  },
);

/** Deletes the endpoint and its secrets. Its queued deliveries become `dead`. */
export const remove = implement(deleteEndpoint, async ({ env, scope, now, audit }, { endpointId }) => {
  const endpoint = await readEndpoint(dataOf(env, scope), scope, endpointId);
  if (endpoint === null) return unknownEndpoint;
  const entry = audit({ target: endpointId, before: { url: endpoint.url } });
  await deleteEndpointRow(dataOf(env, scope), scope, endpointId, entry);
  await endDeliveriesOfDeletedEndpoints(dataOf(env, scope), now, maxRowsPerDelete);
  return { outcome: "done" };
});

const auditView = ({ url, description, eventTypes }: EndpointInput) => ({
  url,
  description,
  event_types: eventTypes,
});
