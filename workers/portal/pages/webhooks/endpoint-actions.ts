import * as endpoints from "../../../../shared/contract/operations/endpoints.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { formatRelativeTime } from "../../components/time.tsx";
import { callOperation, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm, readVersion } from "../../http/form.ts";
import { readFormZone } from "../../http/zone-cookie.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { parseTime } from "../../time/parse-time.ts";
import { readEndpointForm, renderEditEndpointPage, renderNewEndpointPage } from "./endpoint-form.tsx";
import { renderOptionsPage } from "./options.tsx";
import { renderSecretPage } from "./secret-page.tsx";

const hourMs = 3_600_000;

const getEndpointId = (c: PortalContext) => c.req.param("endpoint") ?? "";
const buildEndpointPath = (c: PortalContext) => buildPath(c, `/webhooks/${getEndpointId(c)}`);

export const showNewEndpoint = (c: PortalContext) => renderNewEndpointPage(c);
export const showEditEndpoint = (c: PortalContext) => renderEditEndpointPage(c);

export async function createEndpoint(c: PortalContext) {
  const form = await readForm(c);
  const endpoint = { endpointId: readField(form, "endpoint_id"), ...readEndpointForm(form) };
  const reply = await callOperation(c, endpoints.createEndpoint, endpoint);
  if (reply.outcome === "done")
    return renderSecretPage(c, { ...reply, text: `Events are sent to ${endpoint.url} from now on.` });
  const status = toHttpStatus(reply);
  return status === 409 || status === 422
    ? renderNewEndpointPage(c, toRefusedForm(form, reply), status)
    : renderRefusalPage(c, reply);
}

export async function updateEndpoint(c: PortalContext) {
  const form = await readForm(c);
  const edit = { endpointId: getEndpointId(c), version: readVersion(form), ...readEndpointForm(form) };
  const reply = await callOperation(c, endpoints.editEndpoint, edit);
  if (reply.outcome === "done") return redirectWith(c, buildEndpointPath(c), "Endpoint saved.");
  const status = toHttpStatus(reply);
  return status === 409 || status === 422
    ? renderEditEndpointPage(c, toRefusedForm(form, reply), status)
    : renderRefusalPage(c, reply);
}

export async function enableEndpoint(c: PortalContext) {
  const form = await readForm(c);
  const waiting = readField(form, "waiting");
  if (waiting !== "send" && waiting !== "drop") {
    const errors = { waiting: "Choose what happens to the queued deliveries." };
    return renderOptionsPage(c, "enable", { values: form, errors }, 422);
  }
  const reply = await callOperation(c, endpoints.enableEndpoint, { endpointId: getEndpointId(c), waiting });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const text =
    waiting === "send" ? "Queued deliveries are being sent." : "Queued deliveries are marked as failed.";
  return redirectWith(c, buildEndpointPath(c), `Endpoint enabled. ${text}`);
}

export async function disableEndpoint(c: PortalContext) {
  const reply = await callOperation(c, endpoints.disableEndpoint, { endpointId: getEndpointId(c) });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(
    c,
    buildEndpointPath(c),
    "Endpoint disabled. Its events stay queued until you enable it.",
  );
}

export async function deleteEndpoint(c: PortalContext) {
  const reply = await callOperation(c, endpoints.deleteEndpoint, { endpointId: getEndpointId(c) });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, "/webhooks"), "Endpoint deleted.");
}

export async function revealSecret(c: PortalContext) {
  const endpointId = getEndpointId(c);
  const reply = await callOperation(c, endpoints.revealSecret, { endpointId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const text = "This was recorded in the audit log.";
  return renderSecretPage(c, { endpointId, secret: reply.secret, text });
}

export async function rotateSecret(c: PortalContext) {
  const form = await readForm(c);
  const endpointId = getEndpointId(c);
  const overlapMs = parseWholeNumber(readField(form, "overlap")) * hourMs;
  const rotation = { endpointId, version: readVersion(form), overlapMs };
  const reply = await callOperation(c, endpoints.rotateSecret, rotation);
  if (reply.outcome === "refused")
    return reply.reason === "conflict" || reply.reason === "invalid"
      ? renderOptionsPage(
          c,
          "rotate",
          toRefusedForm(form, reply, { overlapMs: "overlap" }),
          reply.reason === "conflict" ? 409 : 422,
        )
      : renderRefusalPage(c, reply);
  const now = c.get("now");
  const text =
    overlapMs === 0
      ? "This secret signs from now on. The old secret no longer signs."
      : `This secret signs from now on. The old secret also signs and ends ${formatRelativeTime(reply.formerSignsUntil + 1_000, now)}.`;
  return renderSecretPage(c, { endpointId, secret: reply.secret, text });
}

export async function sendTestEvent(c: PortalContext) {
  const reply = await callOperation(c, endpoints.sendTestEvent, { endpointId: getEndpointId(c) });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const text = "Test event sent. The response appears below.";
  return redirectWith(c, buildPath(c, `/deliveries/${reply.deliveryId}`), text);
}

export async function replayEvents(c: PortalContext) {
  const form = await readForm(c);
  const zone = readFormZone(c, form["zone"]);
  const since = parseTime(readField(form, "since"), zone, form["since_offset"]);
  if (since.outcome !== "time")
    return renderOptionsPage(c, "replay", { values: form, errors: { since: since.error } }, 422);
  const job = { jobId: readField(form, "job_id"), endpointId: getEndpointId(c), since: since.at };
  const reply = await callOperation(c, endpoints.replayEvents, job);
  if (reply.outcome === "done") return c.redirect(buildPath(c, `/deliveries/jobs/${reply.jobId}`), 303);
  return reply.reason === "invalid"
    ? renderOptionsPage(c, "replay", toRefusedForm(form, reply), 422)
    : renderRefusalPage(c, reply);
}
