import { ActionButton, emptyForm, Field, FieldError, type FormState } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, PageHead, Pill, Table } from "../../components/parts.tsx";
import { QrCode } from "../../components/qr-code.tsx";
import { Time } from "../../components/time.tsx";
import { listSessions } from "../../db/sessions.ts";
import type { PortalContext } from "../../request-context.ts";

type AccountSession = Awaited<ReturnType<typeof listSessions>>[number];

export async function renderAccountPage(
  c: PortalContext,
  form: FormState = emptyForm,
  status: 200 | 422 = 200,
) {
  const { operatorId, name, email, role, hasPassword, hasSecondFactor } = c.get("member");
  const sessions = await listSessions(c.env.DB, operatorId, Date.now());
  return renderPage(
    c,
    { title: "Your sign-in", status },
    <>
      <PageHead title={name} lead={`${email} · ${role}`} />
      <Card
        title="Second factor"
        note={hasSecondFactor ? <Pill tone="good">On</Pill> : <Pill tone="warn">Off</Pill>}
        pad
      >
        <p>
          {hasSecondFactor
            ? "Signing in asks for a code from your app. It is also what confirms that it is you."
            : "With a second factor a stolen password alone opens nothing. You need an authenticator app."}
        </p>
        <div>
          <a class="button" href="/account/second-factor">
            {hasSecondFactor ? "Change or turn off…" : "Turn on…"}
          </a>
        </div>
      </Card>
      {hasPassword ? <PasswordForm form={form} /> : null}
      <Card title="Where you are signed in" note={<EndOthers sessions={sessions} />}>
        <Table
          label="Sessions"
          head={["Browser", "From", "Since", "Ends", <span class="quiet">Actions</span>]}
        >
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
    <ActionButton action="/account/sessions/end" fields={{ session: "others" }} label="Sign out all others" />
  );
}

function SessionRow({ c, session }: { c: PortalContext; session: AccountSession }) {
  // better-auth uses the machine's clock instead of the stack's clock.
  const now = Date.now();
  const isThis = session.sessionId === c.get("member").sessionId;
  return (
    <tr>
      <td class="wrap">
        {describeBrowser(session.userAgent)} {isThis ? <Pill tone="good">This one</Pill> : null}
      </td>
      <td>{session.ipAddress || <span class="quiet">not known</span>}</td>
      <td>
        <Time at={session.createdAt.getTime()} now={now} />
      </td>
      <td>
        <Time at={session.expiresAt.getTime()} now={now} />
      </td>
      <td class="end">
        {isThis ? null : (
          <ActionButton
            action="/account/sessions/end"
            fields={{ session: session.sessionId }}
            label="Sign out"
          />
        )}
      </td>
    </tr>
  );
}

/** Returns the browser and operating system that a user agent names. */
function describeBrowser(userAgent: string | null): string {
  const agent = userAgent ?? "";
  const [, browser] =
    [
      [/\bEdg\//, "Edge"],
      [/\bFirefox\//, "Firefox"],
      [/\bChrome\//, "Chrome"],
      [/\bSafari\//, "Safari"],
    ].find(([pattern]) => (pattern as RegExp).test(agent)) ?? [];
  const [, system] =
    [
      [/\b(iPhone|iPad)\b/, "iOS"],
      [/\bAndroid\b/, "Android"],
      [/\bMac OS X\b/, "macOS"],
      [/\bWindows\b/, "Windows"],
      [/\bLinux\b/, "Linux"],
    ].find(([pattern]) => (pattern as RegExp).test(agent)) ?? [];
  if (browser === undefined) return agent === "" ? "Not known" : agent.slice(0, 60);
  return system === undefined ? String(browser) : `${browser} on ${system}`;
}

function PasswordForm({ form }: { form: FormState }) {
  return (
    <Card title="Password" note="Changing it signs you out everywhere else" pad>
      <form method="post" action="/account/password" class="form">
        <Field
          form={form}
          name="current"
          label="Present password"
          type="password"
          autocomplete="current-password"
        />
        <Field
          form={form}
          name="password"
          label="New password"
          type="password"
          autocomplete="new-password"
          hint="At least 12 characters. A sentence is good."
        />
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

interface SecondFactorOptions {
  form?: FormState;
  status?: 200 | 422;
  /** A secret without its first code yet. */
  enrolment?: { secret: string; uri: string; backupCodes: string[] };
}

export function renderSecondFactorPage(c: PortalContext, options: SecondFactorOptions = {}) {
  const { form = emptyForm, status = 200, enrolment } = options;
  const { hasSecondFactor, hasPassword } = c.get("member");
  return renderPage(
    c,
    { title: "Second factor", status },
    <>
      <PageHead
        title="Second factor"
        lead={
          hasPassword
            ? "A code from an authenticator app, asked for after your password."
            : "You sign in without a password here, so a second factor is needed before anything else."
        }
      />
      {enrolment !== undefined ? (
        <Enrolment form={form} enrolment={enrolment} />
      ) : hasSecondFactor ? (
        <TurnOff form={form} hasPassword={hasPassword} />
      ) : (
        <TurnOn form={form} hasPassword={hasPassword} />
      )}
    </>,
  );
}

function TurnOn({ form, hasPassword }: { form: FormState; hasPassword: boolean }) {
  return (
    <Card title="Turn it on" pad>
      <form method="post" action="/account/second-factor" class="form">
        {hasPassword ? (
          <Field
            form={form}
            name="password"
            label="Password"
            type="password"
            autocomplete="current-password"
          />
        ) : null}
        <FieldError form={form} name="" />
        <div>
          <button class="button primary" type="submit">
            Continue
          </button>
        </div>
      </form>
    </Card>
  );
}

function Enrolment({
  form,
  enrolment,
}: {
  form: FormState;
  enrolment: NonNullable<SecondFactorOptions["enrolment"]>;
}) {
  const { secret, uri, backupCodes } = enrolment;
  return (
    <>
      <Card title="1. Add Licenzy to your app" pad>
        <p>
          Scan this with your authenticator app, or enter the key below it (time-based, six digits), or{" "}
          <a href={uri}>open it on this device</a>.
        </p>
        {secret === "" ? null : <QrCode text={uri} label="QR code of the key below" />}
        <p class="secret">
          <code id="totp-secret">{secret}</code>
          <CopyButton value={secret} />
        </p>
      </Card>
      <Card title="2. Keep these backup codes" pad>
        <p>Each works once when you don't have your app. They are shown only now.</p>
        <p class="secret">
          <code>{backupCodes.join("  ")}</code>
          <CopyButton value={backupCodes.join("\n")} />
        </p>
      </Card>
      <Card title="3. Enter the code that the app shows" pad>
        <form method="post" action="/account/second-factor/confirm" class="form">
          <input type="hidden" name="uri" value={uri} />
          <input type="hidden" name="backup_codes" value={backupCodes.join(" ")} />
          <Field form={form} name="code" label="Code" autocomplete="one-time-code" inputmode="numeric" mono />
          <div>
            <button class="button primary" type="submit">
              Turn it on
            </button>
          </div>
        </form>
      </Card>
    </>
  );
}

function TurnOff({ form, hasPassword }: { form: FormState; hasPassword: boolean }) {
  if (!hasPassword)
    return <p>It is on, and can't be turned off: who signs in without a password here needs it.</p>;
  return (
    <Card title="Turn it off" note={<Pill tone="good">On</Pill>} pad>
      <p>To change the app, turn it off and on again.</p>
      <form method="post" action="/account/second-factor/disable" class="form">
        <Field form={form} name="password" label="Password" type="password" autocomplete="current-password" />
        <div>
          <button class="button danger" type="submit">
            Turn it off
          </button>
        </div>
      </form>
    </Card>
  );
}
