import type { Mode } from "../../../../shared/contract/enums.ts";
import type { PermissionCheck } from "../../../../shared/contract/operations/stripe.ts";
import { connectStripe } from "../../../../shared/contract/operations/stripe.ts";
import type { StripeConnectionRow } from "../../../../shared/db/stripe-connections.ts";
import { mayRun } from "../../auth/may-run.ts";
import { ActionButton, emptyForm, Field, type FormState, SubmitButton } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, Empty, PageHead, Pill } from "../../components/parts.tsx";
import {
  readSamplePricesFlash,
  SamplePricesButton,
  usesPocketStripe,
} from "../../components/sample-prices.tsx";
import { Time } from "../../components/time.tsx";
import { readConnectionStatus } from "../../db/stripe-connection.ts";
import { buildPath, getDatabases, getScope, type PortalContext } from "../../request-context.ts";
import { EventTable } from "../events/page.tsx";
import { BackfillCard } from "./backfill-card.tsx";
import { WebhookCard } from "./webhook-card.tsx";

interface StripePageOptions {
  form?: FormState;
  status?: 200 | 409 | 422 | 502;
  /** Result of a check of the stored key. */
  permissions?: PermissionCheck[];
  error?: string;
}

export async function renderStripePage(c: PortalContext, options: StripePageOptions = {}) {
  const { form = emptyForm, status = 200, permissions, error } = options;
  const [{ connection, events, silence, backfill }, hasPocketStripe] = await Promise.all([
    readConnectionStatus(getDatabases(c), getScope(c), { now: c.get("now"), limit: 5 }),
    usesPocketStripe(c),
  ]);
  const canChange = mayRun(c, connectStripe);
  const mode = c.get("mode");
  return renderPage(
    c,
    {
      title: "Stripe",
      status,
      ...(error === undefined ? readSamplePricesFlash(c) : { flash: { tone: "bad" as const, text: error } }),
    },
    <>
      <PageHead title="Stripe" lead="Connect your Stripe account." />
      {connection === null ? (
        <Card>
          <Empty title={`Stripe is not connected in ${mode} mode`}>
            <p>
              Paste an API key of your account (in Stripe under Developers, API keys). A restricted key is
              enough. Licenzy verifies its permissions.
            </p>
          </Empty>
        </Card>
      ) : (
        <Connection c={c} connection={connection} permissions={permissions} canChange={canChange} />
      )}
      {canChange ? (
        <KeyForm c={c} form={form} connection={connection} hasPocketStripe={hasPocketStripe} />
      ) : null}
      {connection === null ? null : (
        <WebhookCard c={c} connection={connection} silence={silence} form={form} canChange={canChange} />
      )}
      {backfill === null ? null : <BackfillCard c={c} backfill={backfill} />}
      {canChange && hasPocketStripe && connection?.stripeAccountId ? (
        <SamplePrices c={c} accountId={connection.stripeAccountId} />
      ) : null}
      {connection === null ? null : (
        <Card title="Last events" note={<a href={buildPath(c, "/events")}>View all events</a>}>
          {events.length === 0 ? (
            <Empty title="No events yet">
              <p>Pay a checkout, or send a test event from Stripe.</p>
            </Empty>
          ) : (
            <EventTable c={c} events={events} />
          )}
        </Card>
      )}
    </>,
  );
}

function Connection({
  c,
  connection,
  permissions,
  canChange,
}: {
  c: PortalContext;
  connection: StripeConnectionRow;
  permissions: PermissionCheck[] | undefined;
  canChange: boolean;
}) {
  const now = c.get("now");
  return (
    <Card title="Connection" note={<Pill tone="good">Connected</Pill>}>
      <div class="pad">
        <dl class="facts">
          <dt>Account</dt>
          <dd>
            {connection.stripeAccountId === null ? (
              "Not visible to this key"
            ) : (
              <code>{connection.stripeAccountId}</code>
            )}
          </dd>
          <dt>Key</dt>
          <dd>
            <code>{connection.apiKeyHint ?? "…"}</code>{" "}
            <span class="quiet">Encrypted, never shown again</span>
          </dd>
          <dt>Connected</dt>
          <dd>
            <Time at={connection.createdAt} now={now} />, changed <Time at={connection.updatedAt} now={now} />
          </dd>
        </dl>
        {permissions === undefined ? null : <Permissions permissions={permissions} />}
        {canChange ? (
          <div>
            <ActionButton action={buildPath(c, "/stripe/check")} label="Verify key" />
          </div>
        ) : null}
      </div>
    </Card>
  );
}

function Permissions({ permissions }: { permissions: PermissionCheck[] }) {
  const missing = permissions.filter(({ ok }) => !ok);
  if (missing.length === 0)
    return (
      <div class="stack">
        <p>
          <b>All required permissions are granted.</b> Verified with Stripe just now.
        </p>
        <ul class="checks">
          {permissions.map(({ name, needs, note }) => (
            <li>
              {name}, {needs.toLowerCase()} <span class="quiet">{note}</span>
            </li>
          ))}
        </ul>
      </div>
    );
  return (
    <div class="notice bad" role="alert">
      <p>
        <b>Permissions are missing.</b> Add them to the key in Stripe, or enter another key below.
      </p>
      <ul>
        {missing.map(({ name, needs, note }) => (
          <li>
            <b>
              {name}: {needs}
            </b>{" "}
            <span class="quiet">{note}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function KeyForm({
  c,
  form,
  connection,
  hasPocketStripe,
}: {
  c: PortalContext;
  form: FormState;
  connection: StripeConnectionRow | null;
  hasPocketStripe: boolean;
}) {
  const mode = c.get("mode");
  return (
    <Card title={connection === null ? "Connect" : "Replace API key"} pad>
      <form method="post" action={buildPath(c, "/stripe")} class="form">
        <Field
          form={form}
          name="api_key"
          label={`Secret or restricted key, ${mode} mode`}
          type="password"
          autocomplete="off"
          placeholder={`sk_${mode}_… or rk_${mode}_…`}
          hint="We verify the key before saving it."
        />
        {hasPocketStripe ? <PocketStripeHint exampleKey={`sk_${mode}_acme0001`} mode={mode} /> : null}
        <div>
          <SubmitButton>{connection === null ? "Connect Stripe" : "Replace key"}</SubmitButton>
        </div>
      </form>
    </Card>
  );
}

/** Development only. Pocket Stripe accepts more keys than Stripe, so the page says which (dev/pocket-stripe/README.md). */
function PocketStripeHint({ exampleKey, mode }: { exampleKey: string; mode: Mode }) {
  return (
    <p class="hint">
      In development, pocket Stripe replaces Stripe. Any key of <code>sk_{mode}_</code> and at least 8 letters
      or digits is an account of pocket Stripe, for example <code>{exampleKey}</code>{" "}
      <CopyButton value={exampleKey} />
    </p>
  );
}

/** Development only. */
function SamplePrices({ c, accountId }: { c: PortalContext; accountId: string }) {
  return (
    <Card title="Sample prices" note="Development only" pad>
      <p>
        Three prices to build products on, in this account of pocket Stripe: Pro at €29.00 a month, 1,000
        credits at €49.00 and a day pass at €5.00.
      </p>
      <div class="row">
        <SamplePricesButton c={c} accountId={accountId} page="/stripe" />
        <a class="button small" href={buildPath(c, "/products/new")}>
          Create a product
        </a>
      </div>
    </Card>
  );
}
