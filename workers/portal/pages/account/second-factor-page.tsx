import { CodeField, PasswordField } from "../../components/credential-fields.tsx";
import { emptyForm, Field, FieldError, type FormState } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, PageHead, Pill } from "../../components/parts.tsx";
import { QrCode } from "../../components/qr-code.tsx";
import type { PortalContext } from "../../request-context.ts";

/** A secret without its first code yet. */
export interface Enrolment {
  secret: string;
  uri: string;
  backupCodes: string[];
}

interface SecondFactorOptions {
  form?: FormState;
  status?: 200 | 422 | 429;
  enrolment?: Enrolment;
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
            ? "A code from an authenticator app, after your password."
            : "You sign in without a password, so a second factor is required."
        }
      />
      {enrolment !== undefined ? (
        <Enroll form={form} enrolment={enrolment} />
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
    <Card title="Turn on" pad>
      <form method="post" action="/account/second-factor" class="form">
        {hasPassword ? <PasswordField form={form} /> : null}
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

function Enroll({ form, enrolment }: { form: FormState; enrolment: Enrolment }) {
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
              Turn on
            </button>
          </div>
        </form>
      </Card>
    </>
  );
}

function TurnOff({ form, hasPassword }: { form: FormState; hasPassword: boolean }) {
  if (!hasPassword)
    return <p>The second factor is on. It is required because you sign in without a password.</p>;
  return (
    <Card title="Turn off" note={<Pill tone="good">On</Pill>} pad>
      <p>To change the app, turn the second factor off and on again.</p>
      <form method="post" action="/account/second-factor/disable" class="form">
        <CodeField form={form} />
        <div>
          <button class="button danger" type="submit">
            Turn off
          </button>
        </div>
      </form>
    </Card>
  );
}
