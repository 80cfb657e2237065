import { createApiKey, revokeApiKey, rotateApiKey } from "../../../../shared/contract/operations/api-keys.ts";
import type { ApiKeyRow } from "../../../../shared/db/api-keys.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { mayRun } from "../../auth/may-run.ts";
import {
  ActionButton,
  emptyForm,
  Field,
  FieldError,
  type FormState,
  Select,
  SubmitButton,
} from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, Empty, Id, NextPage, PageHead, Pill } from "../../components/parts.tsx";
import { actionsColumn, Cell, Row, Table } from "../../components/table.tsx";
import { Time, TimeCell } from "../../components/time.tsx";
import { listKeys } from "../../db/api-keys.ts";
import { buildPath, getScope, type PortalContext } from "../../request-context.ts";

const perPage = 50;

export interface ShownKey {
  apiKey: string;
  text: string;
}

interface KeysPageOptions {
  form?: FormState;
  status?: 200 | 409 | 422 | 502;
  /** A key that was just created. No other page ever shows it. */
  shown?: ShownKey;
}

export async function renderKeysPage(
  c: PortalContext,
  { form = emptyForm, status = 200, shown }: KeysPageOptions = {},
) {
  const before = c.req.query("before");
  const rows = await listKeys(c.env.DB, getScope(c), before, perPage + 1);
  const keys = rows.slice(0, perPage);
  const next = rows.length > perPage ? `${buildPath(c, "/keys")}?before=${keys.at(-1)?.keyId}` : null;
  const mode = c.get("mode");
  return renderPage(
    c,
    { title: "API keys", status },
    <>
      <PageHead
        title="API keys"
        lead={`For your backend in ${mode} mode. A key reaches the runtime API of this project and nothing else.`}
      />
      {shown === undefined ? null : <NewKey shown={shown} />}
      <Card>
        {keys.length === 0 ? (
          <Empty title={`No key in ${mode} mode yet`}>
            <p>Authenticates your backend. Create a key below and store it with your secrets.</p>
          </Empty>
        ) : (
          <Table
            label="API keys"
            columns={["Name", "Key", "Status", "Created", "Last used", "Expires", actionsColumn]}
          >
            {keys.map((key) => (
              <KeyRow c={c} apiKey={key} />
            ))}
          </Table>
        )}
        <NextPage href={next} shown={keys.length} />
      </Card>
      {mayRun(c, createApiKey) ? <CreateForm c={c} form={form} /> : null}
    </>,
  );
}

function NewKey({ shown }: { shown: ShownKey }) {
  return (
    <section class="notice good" aria-label="New key">
      <p>
        <b>Copy this key now.</b> {shown.text} It is shown only this once. Licenzy keeps only a fingerprint.
      </p>
      <p class="secret">
        <code id="new-key">{shown.apiKey}</code>
        <CopyButton value={shown.apiKey} />
      </p>
    </section>
  );
}

function KeyRow({ c, apiKey }: { c: PortalContext; apiKey: ApiKeyRow }) {
  const now = c.get("now");
  const { keyId, name, hint, createdAt, lastUsedAt, expiresAt, revokedAt } = apiKey;
  const isActive = revokedAt === null && (expiresAt === null || expiresAt > now);
  return (
    <Row>
      <Cell class="wrap">
        <b>{name}</b>
        <small>
          <Id value={keyId} />
        </small>
      </Cell>
      <Cell>
        <code>{hint}</code>
      </Cell>
      <Cell>
        <KeyStatus apiKey={apiKey} now={now} />
      </Cell>
      <Cell>
        <TimeCell at={createdAt} now={now} />
      </Cell>
      <Cell>
        {lastUsedAt === null ? (
          <span class="quiet">Never</span>
        ) : (
          <>
            about <Time at={lastUsedAt} now={now} />
          </>
        )}
      </Cell>
      <Cell>
        {expiresAt === null ? <span class="quiet">Never</span> : <TimeCell at={expiresAt} now={now} />}
      </Cell>
      <Cell>
        {isActive ? (
          <div class="actions">
            {mayRun(c, rotateApiKey) ? (
              <a class="button small" href={buildPath(c, `/keys/${keyId}/rotate`)}>
                Rotate key…
              </a>
            ) : null}
            {mayRun(c, revokeApiKey) ? (
              <ActionButton
                action={buildPath(c, `/keys/${keyId}/revoke`)}
                label="Revoke key…"
                tone="danger"
                confirms
              />
            ) : null}
          </div>
        ) : null}
      </Cell>
    </Row>
  );
}

function KeyStatus({ apiKey, now }: { apiKey: ApiKeyRow; now: number }) {
  const { revokedAt, expiresAt, syncedAt } = apiKey;
  const pending = syncedAt === null ? <small>propagating</small> : null;
  if (revokedAt !== null)
    return (
      <>
        <Pill tone="bad">Revoked</Pill> {pending}
      </>
    );
  if (expiresAt !== null && expiresAt <= now) return <Pill>Expired</Pill>;
  return (
    <>
      <Pill tone="good">Active</Pill> {pending}
    </>
  );
}

const lifetimes = [
  { value: "", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

function CreateForm({ c, form }: { c: PortalContext; form: FormState }) {
  return (
    <Card title="New key" pad>
      <form method="post" action={buildPath(c, "/keys")} class="form">
        <input type="hidden" name="key_id" value={newId("key", c.get("now"))} />
        <Field form={form} name="name" label="Name" placeholder="e.g. Production backend" />
        <Select form={form} name="expires" label="Expires" options={lifetimes} />
        <FieldError form={form} name="" />
        <div>
          <SubmitButton>Create key</SubmitButton>
        </div>
      </form>
    </Card>
  );
}
