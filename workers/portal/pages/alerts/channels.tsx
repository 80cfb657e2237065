import type { AlertChannelKind } from "../../../../shared/contract/alerts.ts";
import { createAlertChannel } from "../../../../shared/contract/operations/alert-channels.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { mayRun } from "../../auth/may-run.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import {
  ActionButton,
  Field,
  FieldError,
  type FormState,
  Radios,
  SubmitButton,
} from "../../components/fields.tsx";
import { Card, Empty, Pill, type Tone } from "../../components/parts.tsx";
import { actionsColumn, Cell, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { type AlertChannel, readAlertSettings } from "../../db/alerts.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";

const kindLabels: Record<AlertChannelKind, string> = { email: "Email", slack: "Slack", webhook: "Webhook" };

const kindOptions = [
  { value: "email", label: "Email", meaning: "To one address." },
  { value: "slack", label: "Slack", meaning: "To an incoming webhook of Slack, or a compatible chat." },
  { value: "webhook", label: "Signed webhook", meaning: "JSON to your URL, signed by Standard Webhooks." },
];

const stateLabels: Record<string, { label: string; tone: Tone }> = {
  pending: { label: "Retrying", tone: "warn" },
  held: { label: "Waiting for the digest", tone: "" },
  digested: { label: "In a digest", tone: "" },
  sent: { label: "Sent", tone: "good" },
  dead: { label: "Failed", tone: "bad" },
};

export function Channels({
  c,
  channels,
  form,
}: {
  c: PortalContext;
  channels: AlertChannel[];
  form: FormState;
}) {
  const canChange = mayRun(c, createAlertChannel);
  return (
    <Card title="Channels">
      {channels.length === 0 ? (
        <Empty title="No channels yet">
          <p>Alerts are in the inbox. A channel also sends them by email, Slack or webhook.</p>
        </Empty>
      ) : (
        <Table label="Channels" columns={["Channel", "Address", "Last message", actionsColumn]}>
          {channels.map((channel) => (
            <ChannelRow c={c} channel={channel} canChange={canChange} />
          ))}
        </Table>
      )}
      {canChange ? <AddForm c={c} form={form} /> : null}
    </Card>
  );
}

function ChannelRow({
  c,
  channel,
  canChange,
}: {
  c: PortalContext;
  channel: AlertChannel;
  canChange: boolean;
}) {
  const { channelId, kind, addressHint, lastState, lastStatus, lastExcerpt, lastAt } = channel;
  const path = (action: string) => buildPath(c, `/alerts/channels/${channelId}/${action}`);
  const state = lastState === null ? undefined : stateLabels[lastState];
  const hasFailed = lastState === "dead" || lastState === "pending";
  return (
    <Row>
      <Cell>{kindLabels[kind]}</Cell>
      <Cell class="wrap">
        <code>{addressHint}</code>
      </Cell>
      <Cell class="wrap">
        {state === undefined || lastAt === null ? (
          "None yet"
        ) : (
          <>
            <Pill tone={state.tone}>{state.label}</Pill> <Time at={lastAt} now={c.get("now")} />
            {hasFailed && lastStatus !== null ? <small>HTTP {lastStatus}</small> : null}
            {hasFailed && lastExcerpt !== null ? <small>{lastExcerpt.slice(0, 200)}</small> : null}
          </>
        )}
      </Cell>
      <Cell>
        {canChange ? (
          <div class="row">
            <ActionButton action={path("test")} label="Send test message" />
            <ActionButton action={path("delete")} label="Delete channel…" tone="danger" confirms />
          </div>
        ) : (
          "—"
        )}
      </Cell>
    </Row>
  );
}

function AddForm({ c, form }: { c: PortalContext; form: FormState }) {
  const channelId = form.values["channel_id"] ?? newId("chn", c.get("now"));
  return (
    <div class="pad">
      <h3>Add a channel</h3>
      <form method="post" action={buildPath(c, "/alerts/channels")} class="form">
        <input type="hidden" name="channel_id" value={channelId} />
        <Radios form={form} name="kind" label="Kind" options={kindOptions} fallback="email" />
        <Field
          form={form}
          name="address"
          label="Email address or URL"
          hint="A URL must be public HTTPS on port 443 or 8443. It is encrypted and not shown again."
        />
        <FieldError form={form} name="" />
        <div>
          <SubmitButton>Add channel</SubmitButton>
        </div>
      </form>
    </div>
  );
}

export async function confirmRemoval(c: PortalContext): Promise<Confirmation | Response> {
  const channelId = c.req.param("channel") ?? "";
  const { channels } = await readAlertSettings(getData(c), getScope(c));
  const channel = channels.find((candidate) => candidate.channelId === channelId);
  if (channel === undefined)
    return renderErrorPage(
      c,
      404,
      "Channel not found",
      "It may have been deleted. Return to alert settings.",
    );
  return {
    title: "Delete this channel?",
    text: `${kindLabels[channel.kind]} to ${channel.addressHint} gets no more alerts. Unsent messages are dropped. This can't be undone.`,
    button: "Delete channel",
    back: buildPath(c, "/alerts"),
  };
}
