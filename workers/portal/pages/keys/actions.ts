import * as apiKeys from "../../../../shared/contract/operations/api-keys.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import { type ApiKeyRow, readKey } from "../../../../shared/db/api-keys.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { formatRelativeTime } from "../../components/time.tsx";
import { callOperation, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, getScope, type PortalContext } from "../../request-context.ts";
import { renderKeysPage } from "./page.tsx";
import { renderRotatePage } from "./rotate.tsx";

const hourMs = 3_600_000;

export const showKeys = (c: PortalContext) => renderKeysPage(c);

export async function createKey(c: PortalContext) {
  const form = await readForm(c);
  const lifetime = readField(form, "expires");
  // What is no number of days becomes `NaN`, which is refused: it must not become a key that never expires.
  const expiresAt = lifetime === "" ? null : c.get("now") + parseWholeNumber(lifetime) * dayMs;
  const key = { keyId: readField(form, "key_id"), name: readField(form, "name"), expiresAt };
  const reply = await callOperation(c, apiKeys.createApiKey, key);
  if (reply.outcome === "done")
    return renderKeysPage(c, {
      shown: { apiKey: reply.apiKey, text: "Your backend sends it with each request." },
    });
  const status = toHttpStatus(reply);
  if (status !== 409 && status !== 422) return renderRefusalPage(c, reply);
  return renderKeysPage(c, { form: toRefusedForm(form, reply, { expiresAt: "expires" }), status });
}

export async function showRotate(c: PortalContext) {
  const key = await findKey(c);
  return key === null ? unknownKey(c) : renderRotatePage(c, key);
}

export async function rotateKey(c: PortalContext) {
  const form = await readForm(c);
  const key = await findKey(c);
  if (key === null) return unknownKey(c);
  const overlapMs = parseWholeNumber(readField(form, "overlap")) * hourMs;
  const rotation = { keyId: key.keyId, newKeyId: readField(form, "new_key_id"), overlapMs };
  const reply = await callOperation(c, apiKeys.rotateApiKey, rotation);
  if (reply.outcome === "done") {
    const now = c.get("now");
    const until =
      reply.oldExpiresAt > now ? `ends ${formatRelativeTime(reply.oldExpiresAt + 1_000, now)}` : "has ended";
    const limit =
      key.expiresAt === null
        ? ""
        : ` The new key expires ${formatRelativeTime(key.expiresAt, now)}, like the old one.`;
    const text = `The old key ${key.hint} ${until}.${limit}`;
    return renderKeysPage(c, { shown: { apiKey: reply.apiKey, text } });
  }
  return reply.reason === "conflict" ? renderRotatePage(c, key, reply.message) : renderRefusalPage(c, reply);
}

export async function confirmRevocation(c: PortalContext): Promise<Confirmation | Response> {
  const key = await findKey(c);
  if (key === null) return unknownKey(c);
  return {
    title: `Revoke ${key.name}?`,
    text: `${key.hint} stops working everywhere within 5 seconds. Backends that use it get 401. This can't be undone.`,
    button: "Revoke key",
    back: buildPath(c, "/keys"),
  };
}

export async function revokeKey(c: PortalContext) {
  const key = await findKey(c);
  if (key === null) return unknownKey(c);
  const reply = await callOperation(c, apiKeys.revokeApiKey, { keyId: key.keyId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, "/keys"), `${key.name} (${key.hint}) is revoked.`);
}

async function findKey(c: PortalContext): Promise<ApiKeyRow | null> {
  const key = await readKey(c.env.DB, c.req.param("key") ?? "");
  const { projectId, mode } = getScope(c);
  return key?.projectId === projectId && key.mode === mode ? key : null;
}

const unknownKey = (c: PortalContext) =>
  renderErrorPage(c, 404, "API key not found", "It belongs to another project or mode.");
