import type { StripeConnectionRow } from "../../../../shared/db/stripe-connections.ts";
import { handledEventTypes } from "../../../../shared/stripe/handled-event-types.ts";
import { buildWebhookPath } from "../../../../shared/stripe/webhook-path.ts";
import { ActionButton, Field, type FormState } from "../../components/fields.tsx";
import { Card, CopyButton, Id, Pill } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import { buildPath, getOrigin, type PortalContext } from "../../request-context.ts";

/** Shows how Stripe events are received: registered with one click, or manually in Stripe. */
export function WebhookCard({
  c,
  connection,
  form,
  canChange,
}: {
  c: PortalContext;
  connection: StripeConnectionRow;
  form: FormState;
  canChange: boolean;
}) {
  const url = getOrigin(c) + buildWebhookPath(connection.connectionId);
  const { webhookSetAt, webhookEndpointId } = connection;
  const isSet = webhookSetAt !== null;
  return (
    <Card
      title="Webhook"
      note={isSet ? <Pill tone="good">Registered</Pill> : <Pill tone="warn">Not registered</Pill>}
    >
      <div class="pad">
        <p>
          {isSet
            ? "Stripe sends its events to us. Registering again makes a new endpoint with a new signing secret in its place."
            : "Without it Stripe does not tell us of payments. Let us register it, or do it by hand in Stripe."}
        </p>
        <dl class="facts">
          <dt>Address</dt>
          <dd>
            <code>{url}</code> <CopyButton value={url} />
          </dd>
          {isSet ? (
            <>
              <dt>Signing secret</dt>
              <dd>
                set <Time at={webhookSetAt} now={c.get("now")} />{" "}
                {webhookEndpointId === null ? "by hand" : <Id value={webhookEndpointId} />}
              </dd>
            </>
          ) : null}
        </dl>
        {canChange ? (
          <>
            <ActionButton
              action={buildPath(c, "/stripe/webhook")}
              label={isSet ? "Register again" : "Register the webhook for me"}
              tone={isSet ? "" : "primary"}
              small={isSet}
            />
            <details open={form.errors["webhook_secret"] !== undefined}>
              <summary>Do it by hand</summary>
              <div class="pad">
                <p>
                  In Stripe under Developers, Webhooks, add an endpoint with the address above and these
                  events, then enter its signing secret:
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
                    <button class="button" type="submit">
                      Save the secret
                    </button>
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
