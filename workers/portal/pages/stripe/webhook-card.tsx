import type { StripeConnectionRow } from "../../../../shared/db/stripe-connections.ts";
import type { WebhookSilence } from "../../../../shared/domain/webhook-silence.ts";
import { handledEventTypes } from "../../../../shared/stripe/handled-event-types.ts";
import { buildWebhookPath } from "../../../../shared/stripe/webhook-path.ts";
import { ActionButton, Field, type FormState, SubmitButton } from "../../components/fields.tsx";
import { describeSilence } from "../../components/labels/stripe-event.ts";
import { Card, CopyButton, Id, Pill } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import { buildPath, getOrigin, type PortalContext } from "../../request-context.ts";

/** Shows how Stripe events are received: registered with one click, or manually in Stripe. */
export function WebhookCard({
  c,
  connection,
  silence,
  form,
  canChange,
}: {
  c: PortalContext;
  connection: StripeConnectionRow;
  silence: WebhookSilence | null;
  form: FormState;
  canChange: boolean;
}) {
  const url = getOrigin(c) + buildWebhookPath(connection.connectionId);
  const { webhookSetAt, webhookEndpointId } = connection;
  const isSet = webhookSetAt !== null;
  return (
    <Card title="Webhook" id="webhook" note={<Status isSet={isSet} isSilent={silence !== null} />}>
      <div class="pad">
        {silence === null ? null : (
          <div class="notice bad" role="alert">
            <p>
              <b>Stripe webhook silent.</b> {describeSilence(silence)} First missed{" "}
              <Time at={silence.since} now={c.get("now")} />.
            </p>
          </div>
        )}
        <p>
          {isSet
            ? "Stripe sends events to Licenzy. Registering again replaces the endpoint and its signing secret."
            : "Stripe can't notify Licenzy of payments yet. Register the webhook here, or add it in Stripe yourself."}
        </p>
        <dl class="facts">
          <dt>Endpoint URL</dt>
          <dd>
            <code>{url}</code> <CopyButton value={url} />
          </dd>
          {isSet ? (
            <>
              <dt>Signing secret</dt>
              <dd>
                Set <Time at={webhookSetAt} now={c.get("now")} />{" "}
                {webhookEndpointId === null ? "in Stripe" : <Id value={webhookEndpointId} />}
              </dd>
            </>
          ) : null}
        </dl>
        {canChange ? (
          <>
            <ActionButton
              action={buildPath(c, "/stripe/webhook")}
              label={isSet ? "Register webhook again…" : "Register webhook"}
              confirms={isSet}
              tone={isSet ? "" : "primary"}
              small={isSet}
            />
            <details open={form.errors["webhook_secret"] !== undefined}>
              <summary>Add the webhook in Stripe yourself</summary>
              <div class="pad">
                <p>
                  In Stripe under Developers, Webhooks, add an endpoint with the URL above and these events,
                  then enter its signing secret:
                </p>
                <ul class="checks">
                  {handledEventTypes.map((type) => (
                    <li>
                      <code>{type}</code>
                    </li>
                  ))}
                </ul>
                <form method="post" action={buildPath(c, "/stripe/webhook-secret")} class="form">
                  <Field
                    form={form}
                    name="webhook_secret"
                    label="Signing secret"
                    type="password"
                    autocomplete="off"
                    placeholder="whsec_…"
                  />
                  <div>
                    <SubmitButton tone="">Save signing secret</SubmitButton>
                  </div>
                </form>
              </div>
            </details>
          </>
        ) : null}
      </div>
    </Card>
  );
}

function Status({ isSet, isSilent }: { isSet: boolean; isSilent: boolean }) {
  if (!isSet) return <Pill tone="warn">Not registered</Pill>;
  return isSilent ? <Pill tone="bad">Silent</Pill> : <Pill tone="good">Registered</Pill>;
}
