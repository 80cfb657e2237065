import { z } from "zod";
import type { AlertChannelKind } from "../../../shared/contract/alerts.ts";
import {
  createAlertChannel,
  deleteAlertChannel,
  testAlertChannel,
} from "../../../shared/contract/operations/alert-channels.ts";
import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { parseWrappingKeys, seal } from "../../../shared/kit/encryption.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { isMailEnabled } from "../../../shared/kit/send-mail.ts";
import { checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import { generateSigningSecret } from "../../../shared/webhooks/signing.ts";
import { channelAssociatedData } from "../alerts/channel-associated-data.ts";
import { emptyContent } from "../alerts/evaluate.ts";
import { deleteChannel, insertChannel, readChannel } from "../db/alert-channels.ts";
import { insertTestMessage } from "../db/alert-messages.ts";
import type { DeliveriesEnv } from "../env.ts";
import { getAddressPolicy } from "../sending/address-policy.ts";
import { implement } from "./implement.ts";
import { unknownChannel } from "./refusals.ts";

/** Per scope: each alert is a message to every channel. */
const maxChannels = 10;

export const create = implement(
  createAlertChannel,
  async ({ env, scope, audit }, { channelId, kind, address }) => {
    const checked = checkAddress(env, kind, address);
    if (checked.outcome === "refused") return checked;
    const keys = parseWrappingKeys(env.WEBHOOK_WRAPPING_KEYS);
    const secret = kind === "webhook" ? generateSigningSecret() : null;
    const sealField = (field: "address" | "secret", plain: string) =>
      seal(keys, channelAssociatedData(channelId, field), plain);
    const row = {
      channelId,
      ...scope,
      kind,
      addressSealed: await sealField("address", checked.address),
      addressHint: checked.hint,
      secretSealed: secret === null ? null : await sealField("secret", secret),
    };
    const entry = audit({ target: channelId, after: { kind, address: checked.hint } });
    if (await insertChannel(dataOf(env, scope), row, maxChannels, entry))
      return { outcome: "done", channelId, secret };
    return (await readChannel(dataOf(env, scope), scope, channelId)) === null
      ? refusal("conflict", `A project has at most ${maxChannels} channels in each mode. Delete one first.`)
      : refusal("conflict", "This form was submitted twice. The channel was added the first time.");
  },
);

export const remove = implement(deleteAlertChannel, async ({ env, scope, audit }, { channelId }) => {
  const channel = await readChannel(dataOf(env, scope), scope, channelId);
  if (channel === null) return unknownChannel;
  const before = { kind: channel.kind, address: channel.addressHint };
  await deleteChannel(dataOf(env, scope), scope, channelId, audit({ target: channelId, before }));
  return { outcome: "done" };
});

/** Sends now; the sweep sends what a crash leaves. */
export const test = implement(
  testAlertChannel,
  async ({ env, scope, now, audit, waitUntil }, { channelId }) => {
    const messageId = newId("msg", now);
    const content = {
      ...emptyContent({ ...scope, projectName: scope.projectId }, now),
      kind: "test" as const,
      title: "Test message",
      cause: "Alerts of this project and mode are sent here.",
      count: 1,
    };
    const message = { messageId, channelId, content };
    if (!(await insertTestMessage(dataOf(env, scope), scope, message, audit({ target: channelId }))))
      return unknownChannel;
    waitUntil(
      env.LANES.sendAlertMessage({ projectId: scope.projectId, messageId }).catch((error: unknown) =>
        log("error", "alert_message.failed", { messageId, error: errorMessage(error) }),
      ),
    );
    return { outcome: "done" };
  },
);

type CheckedAddress = { outcome: "ok"; address: string; hint: string } | Refusal;

/** The hint shows where messages go. A Slack URL is a secret, so only the end of its path is shown. */
function checkAddress(env: DeliveriesEnv, kind: AlertChannelKind, address: string): CheckedAddress {
  if (kind === "email") {
    if (!isMailEnabled(env))
      return refusal("invalid", "Email is not configured for this installation. See docs/alerts.md.", "kind");
    if (!z.email().max(254).safeParse(address).success)
      return refusal("invalid", "Enter an email address, such as alerts@example.com.", "address");
    return {
      outcome: "ok",
      address,
      hint: `${address.slice(0, 1)}…${address.slice(address.lastIndexOf("@"))}`,
    };
  }
  const checked = checkEndpointUrl(address, getAddressPolicy(env));
  if (checked.outcome === "refused") return refusal("invalid", checked.message, "address");
  const { href, host } = checked.url;
  return { outcome: "ok", address: href, hint: `${host}/…${href.slice(-4)}` };
}
