import { regions } from "../../../../shared/contract/enums.ts";
import { newId, newProjectId } from "../../../../shared/kit/ids.ts";
import { checkSetupToken } from "../../auth/check-credential.ts";
import { findNameError, isEmailAddress } from "../../auth/names.ts";
import { findPasswordError, hashPassword } from "../../auth/password.ts";
import { startSession } from "../../auth/start-session.ts";
import { NewPasswordField } from "../../components/credential-fields.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { emptyForm, Field, type FormState, Select } from "../../components/fields.tsx";
import { regionOptions } from "../../components/labels/common.ts";
import { renderSignedOutPage } from "../../components/layout.tsx";
import { type FirstOwner, insertFirstOwner, isSetUp } from "../../db/setup.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildProjectPath, getIpAddress, type PortalContext } from "../../request-context.ts";

/** Returns `null` if the token opens setup, and the error page otherwise. */
async function refuseSetup(c: PortalContext, token: string) {
  return (await checkSetupToken(c, token)) ? null : notFound(c);
}

const notFound = (c: PortalContext) =>
  renderErrorPage(c, 404, "Page not found", "Check the address. The page may have been removed.");

export async function showSetup(c: PortalContext) {
  const token = c.req.query("token") ?? "";
  return (await refuseSetup(c, token)) ?? setupPage(c, token, emptyForm, 200);
}

export async function setUp(c: PortalContext) {
  const form = await readForm(c);
  const { token = "" } = form;
  const refused = await refuseSetup(c, token);
  if (refused !== null) return refused;
  const [name, email, project] = [
    readField(form, "name"),
    readField(form, "email").toLowerCase(),
    readField(form, "project"),
  ];
  const account = readField(form, "account");
  const password = form["password"] ?? "";
  const region = regions.find((candidate) => candidate === form["region"]);
  const errors: Record<string, string> = {};
  const found = {
    name: findNameError(name, "Enter your name."),
    email: isEmailAddress(email) ? null : "Enter an email address.",
    password: findPasswordError(password),
    account: findNameError(account, "Enter a company name."),
    project: findNameError(project, "Enter a project name."),
  };
  for (const [field, error] of Object.entries(found)) if (error !== null) errors[field] = error;
  if (region === undefined) errors["region"] = "Choose a region.";
  if (Object.keys(errors).length > 0 || region === undefined)
    return setupPage(c, token, { values: form, errors }, 422);

  const now = c.get("now");
  const projectId = newProjectId(now, 0);
  const owner: FirstOwner = {
    operatorId: newId("opr", now),
    name,
    email,
    passwordHash: await hashPassword(password),
    account: { accountId: newId("acc", now), name: account },
    project: { projectId, name: project, region },
    ipAddress: getIpAddress(c),
  };
  try {
    await insertFirstOwner(c.env.DB, owner, now);
  } catch (error) {
    // A concurrent request created the first owner.
    if (await isSetUp(c.env.DB)) return notFound(c);
    throw error;
  }
  await startSession(c, owner.operatorId, "new password");
  return redirectWith(c, buildProjectPath(projectId, "test"), "Licenzy is set up. You are the owner.");
}

function setupPage(c: PortalContext, token: string, form: FormState, status: 200 | 422) {
  return renderSignedOutPage(
    c,
    { title: "Set up", status },
    <>
      <h1>Set up Licenzy</h1>
      <p class="quiet">You become the first owner. You can invite others afterwards.</p>
      <form method="post" action="/setup" class="form">
        <input type="hidden" name="token" value={token} />
        <Field form={form} name="name" label="Your name" autocomplete="name" autofocus />
        <Field form={form} name="email" label="Email" type="email" autocomplete="username" />
        <NewPasswordField form={form} label="Password" />
        <Field form={form} name="account" label="Company" autocomplete="organization" />
        <Field form={form} name="project" label="First project" hint="Usually the product that you sell." />
        <Select
          form={form}
          name="region"
          label="Region"
          hint="Choose the region nearest to your backend. Can't be changed later."
          options={regionOptions}
          fallback="weur"
        />
        <button class="button primary" type="submit">
          Set up
        </button>
      </form>
    </>,
  );
}
