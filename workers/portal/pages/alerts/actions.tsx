import { type AlertChannelKind, alertRuleNames, declarationOf } from "../../../../shared/contract/alerts.ts";
import {
  createAlertChannel,
  deleteAlertChannel,
  testAlertChannel,
} from "../../../../shared/contract/operations/alert-channels.ts";
import { changeAlertRules } from "../../../../shared/contract/operations/alert-rules.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import { renderPage } from "../../components/layout.tsx";
import { CopyButton, PageHead } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm, readVersion } from "../../http/form.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { renderAlertSettingsPage } from "./page.tsx";

export async function saveRules(c: PortalContext) {
  const form = await readForm(c);
  const rules = alertRuleNames.map((rule) => ({
    rule,
    isEnabled: readField(form, `enabled_${rule}`) === "on",
    threshold:
      declarationOf(rule).threshold === null ? null : parseWholeNumber(readField(form, `threshold_${rule}`)),
  }));
  const wrong = rules.find(({ threshold }) => Number.isNaN(threshold));
  if (wrong !== undefined) {
    const { min, max } = declarationOf(wrong.rule).threshold ?? { min: 0, max: 0 };
    const message = `Enter a whole number from ${min} to ${max.toLocaleString("en-US")}.`;
    const errors = { [`threshold_${wrong.rule}`]: message };
    return renderAlertSettingsPage(c, { rules: { values: form, errors } }, 422);
  }
  const reply = await callOperation(c, changeAlertRules, { version: readVersion(form), rules });
  if (reply.outcome === "done") return redirectWith(c, buildPath(c, "/alerts"), "Rules saved.");
  const status = toHttpStatus(reply);
  return status === 409 || status === 422
    ? renderAlertSettingsPage(c, { rules: toRefusedForm(form, reply) }, status)
    : renderRefusalPage(c, reply);
}

export async function addChannel(c: PortalContext) {
  const form = await readForm(c);
  const reply = await callOperation(c, createAlertChannel, {
    channelId: readField(form, "channel_id"),
    // The operation's schema refuses every other text.
    kind: readField(form, "kind") as AlertChannelKind,
    address: readField(form, "address"),
  });
  if (reply.outcome === "done")
    return reply.secret === null
      ? redirectWith(c, buildPath(c, "/alerts"), "Channel added. Send a test message to check it.")
      : renderSecretPage(c, reply.secret);
  const status = toHttpStatus(reply);
  return status === 409 || status === 422
    ? renderAlertSettingsPage(c, { channel: toRefusedForm(form, reply) }, status)
    : renderRefusalPage(c, reply);
}

export async function testChannel(c: PortalContext) {
  const channelId = c.req.param("channel") ?? "";
  const reply = await callOperation(c, testAlertChannel, { channelId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, "/alerts"), "Test message queued. Reload the page for its result.");
}

export async function removeChannel(c: PortalContext) {
  const channelId = c.req.param("channel") ?? "";
  const reply = await callOperation(c, deleteAlertChannel, { channelId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, "/alerts"), "Channel deleted.");
}

/** Only the response to the form that added the channel contains the secret. */
function renderSecretPage(c: PortalContext, secret: string) {
  return renderPage(
    c,
    { title: "Signing secret" },
    <>
      <PageHead
        title="Signing secret"
        lead="The channel is added. Its messages are signed with this secret."
      />
      <section class="notice good" aria-label="Signing secret">
        <p>
          <b>Copy this secret now.</b> It is shown only this once. Any Standard Webhooks library verifies the
          messages with it.
        </p>
        <p class="secret">
          <code id="signing-secret">{secret}</code>
          <CopyButton value={secret} />
        </p>
      </section>
      <div class="row">
        <a class="button primary" href={buildPath(c, "/alerts")}>
          Go to alert settings
        </a>
      </div>
    </>,
  );
}
