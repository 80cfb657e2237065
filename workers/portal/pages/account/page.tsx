import { NewPasswordField, PasswordField } from "../../components/credential-fields.tsx";
import { ActionButton, emptyForm, FieldError, type FormState } from "../../components/fields.tsx";
import { roleLabels } from "../../components/labels/common.ts";
import { describeUserAgent } from "../../components/labels/user-agent.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead, Pill } from "../../components/parts.tsx";
import { actionsColumn, Cell, Row, Table } from "../../components/table.tsx";
import { TimeCell } from "../../components/time.tsx";
import { listIdentities, listSessions } from "../../db/sessions.ts";
import type { PortalContext } from "../../request-context.ts";
import { Providers, toLinkMessage } from "./providers.tsx";
import { TimeZoneCard } from "./time-zone.tsx";

type AccountSession = Awaited<ReturnType<typeof listSessions>>[number];

export async function renderAccountPage(
  c: PortalContext,
  form: FormState = emptyForm,
  status: 200 | 409 | 422 | 429 = 200,
) {
  const { operatorId, name, email, role, hasPassword, hasSecondFactor } = c.get("member");
  const [sessions, identities] = await Promise.all([
    listSessions(c.env.DB, operatorId, Date.now()),
    listIdentities(c.env.DB, operatorId),
  ]);
  const linkError = c.req.query("error");
  return renderPage(
    c,
    { title: "Account & security", status },
    <>
      <PageHead title={name} lead={`${email} · ${roleLabels[role]}`} />
      {linkError === undefined ? null : (
        <p class="flash bad" role="alert">
          {toLinkMessage(linkError)}
        </p>
      )}
      <Card
        title="Second factor"
        note={hasSecondFactor ? <Pill tone="good">On</Pill> : <Pill tone="warn">Off</Pill>}
        pad
      >
        <p>
          {hasSecondFactor
            ? "You enter a code from your app when you sign in."
            : "Protect your account with an authenticator app."}
        </p>
        <div>
          <a class="button" href="/account/second-factor">
            {hasSecondFactor ? "Change second factor…" : "Turn on second factor…"}
          </a>
        </div>
      </Card>
      {hasPassword ? <PasswordForm form={form} /> : null}
      <Providers c={c} identities={identities} />
      <TimeZoneCard c={c} />
      <Card title="Sessions" note={<EndOthers sessions={sessions} />}>
        <Table label="Sessions" columns={["Browser", "From", "Since", "Ends", actionsColumn]}>
          {sessions.map((session) => (
            <SessionRow c={c} session={session} />
          ))}
        </Table>
      </Card>
    </>,
  );
}

function EndOthers({ sessions }: { sessions: AccountSession[] }) {
  if (sessions.length < 2) return null;
  return (
    <ActionButton
      action="/account/sessions/end"
      fields={{ session: "others" }}
      label="Sign out all others…"
      confirms
    />
  );
}

function SessionRow({ c, session }: { c: PortalContext; session: AccountSession }) {
  // better-auth uses the machine's clock instead of the stack's clock.
  const now = Date.now();
  const isThis = session.sessionId === c.get("member").sessionId;
  return (
    <Row>
      <Cell class="wrap">
        {describeUserAgent(session.userAgent)} {isThis ? <Pill tone="good">This session</Pill> : null}
      </Cell>
      <Cell>{session.ipAddress || <span class="quiet">Unknown</span>}</Cell>
      <Cell>
        <TimeCell at={session.createdAt.getTime()} now={now} />
      </Cell>
      <Cell>
        <TimeCell at={session.expiresAt.getTime()} now={now} />
      </Cell>
      <Cell>
        {isThis ? null : (
          <ActionButton
            action="/account/sessions/end"
            fields={{ session: session.sessionId }}
            label="Sign out"
          />
        )}
      </Cell>
    </Row>
  );
}

function PasswordForm({ form }: { form: FormState }) {
  return (
    <Card title="Password" note="Signs out your other sessions" pad>
      <form method="post" action="/account/password" class="form">
        <PasswordField form={form} name="current" label="Current password" />
        <NewPasswordField form={form} />
        <FieldError form={form} name="" />
        <div>
          <button class="button" type="submit">
            Change password
          </button>
        </div>
      </form>
    </Card>
  );
}
