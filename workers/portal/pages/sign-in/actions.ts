import { continueAfterSignIn } from "../../auth/continue-after-sign-in.tsx";
import { parseLocalPath, readPendingRequest } from "../../auth/pending-request.tsx";
import { copyCookies, startSession } from "../../auth/session-cookie.ts";
import { createSignInService, listProviders, type Provider } from "../../auth/sign-in-service.ts";
import { clearLoginFailures, isLoginAllowed, tooManyAttempts } from "../../auth/throttle.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { isSetUp } from "../../db/setup.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { getOrigin, type PortalContext } from "../../request-context.ts";
import { renderCodePage, renderNotSetUpPage, renderSignInPage } from "./page.tsx";

export async function showSignIn(c: PortalContext) {
  if (!(await isSetUp(c.env.DB))) return renderNotSetUpPage(c);
  const error = c.req.query("error");
  const note = error === undefined ? {} : { note: toProviderMessage(error) };
  return renderSignInPage(c, { next: parseLocalPath(c.req.query("next")), ...note });
}

/**
 * Signs in with email and password. Every failure gets the same message in the same time, so that it does
 * not reveal who has an account.
 */
export async function signIn(c: PortalContext) {
  const form = await readForm(c);
  const kept = { next: parseLocalPath(form["next"]), pending: readPendingRequest(form) };
  const email = readField(form, "email").toLowerCase();
  const showError = (error: string) =>
    renderSignInPage(c, { status: 422, form: { values: { email }, errors: { "": error } }, ...kept });

  if (!(await isLoginAllowed(c, email))) return showError(tooManyAttempts);
  const body = { email, password: form["password"] ?? "" };
  const { api } = createSignInService(c.env, getOrigin(c));
  const reply = await api.signInEmail({ body, headers: c.req.raw.headers, asResponse: true });
  if (!reply.ok) return showError("E-mail and password do not fit.");
  const { twoFactorRedirect } = (await reply.json()) as { twoFactorRedirect?: boolean };
  if (twoFactorRedirect === true) {
    copyCookies(c, reply.headers);
    return renderCodePage(c, kept);
  }
  await clearLoginFailures(c, email);
  await startSession(c, reply.headers);
  return continueAfterSignIn(c, kept);
}

export const showCode = (c: PortalContext) =>
  renderCodePage(c, { next: parseLocalPath(c.req.query("next")) });

/**
 * Verifies the second factor after a password. better-auth limits wrong codes and locks the account
 * temporarily.
 */
export async function enterCode(c: PortalContext) {
  const form = await readForm(c);
  const kept = { next: parseLocalPath(form["next"]), pending: readPendingRequest(form) };
  const code = readField(form, "code").replaceAll(" ", "");
  const { api } = createSignInService(c.env, getOrigin(c));
  const call = { headers: c.req.raw.headers, asResponse: true as const, body: { code } };
  const reply = /^\d{6}$/.test(code) ? await api.verifyTOTP(call) : await api.verifyBackupCode(call);
  if (!reply.ok)
    return renderCodePage(c, {
      status: 422,
      form: { values: {}, errors: { code: await toCodeError(reply) } },
      ...kept,
    });
  await startSession(c, reply.headers);
  return continueAfterSignIn(c, kept);
}

export async function toCodeError(reply: Response): Promise<string> {
  const { code } = (await reply.json()) as { code?: string };
  if (code === "ACCOUNT_TEMPORARILY_LOCKED") return tooManyAttempts;
  if (code === "INVALID_TWO_FACTOR_COOKIE" || code?.startsWith("TOO_MANY_ATTEMPTS"))
    return "This took too long or too many tries. Sign in with your password again.";
  return "The code does not fit. Codes change every 30 seconds: enter the present one.";
}

/** Redirects the operator to Google or Microsoft. */
export async function startProvider(c: PortalContext) {
  const provider = listProviders(c.env).find((candidate) => candidate === c.req.param("provider"));
  if (provider === undefined) return unknownProvider(c);
  const form = await readForm(c);
  const callbackURL = parseLocalPath(form["next"]) ?? "/";
  return redirectToProvider(c, provider, {
    callbackURL,
    requestSignUp: callbackURL.startsWith("/invitations/"),
  });
}

async function redirectToProvider(
  c: PortalContext,
  provider: Provider,
  target: { callbackURL: string; requestSignUp: boolean },
) {
  const { api } = createSignInService(c.env, getOrigin(c));
  const reply = await api.signInSocial({
    body: { provider, errorCallbackURL: "/sign-in", disableRedirect: true, ...target },
    headers: c.req.raw.headers,
    asResponse: true,
  });
  copyCookies(c, reply.headers);
  const { url } = (await reply.json()) as { url?: string };
  return url === undefined ? unknownProvider(c) : c.redirect(url, 303);
}

/** Handles the callback from the provider. It is the only request that better-auth's handler answers. */
export async function finishProvider(c: PortalContext) {
  const provider = listProviders(c.env).find((candidate) => candidate === c.req.param("provider"));
  if (provider === undefined) return unknownProvider(c);
  return createSignInService(c.env, getOrigin(c)).handler(c.req.raw);
}

const unknownProvider = (c: PortalContext) =>
  renderErrorPage(c, 404, "There is no such page", "This way of signing in is not set up here.");

function toProviderMessage(error: string): string {
  if (error === "signup_disabled" || error === "unable_to_create_user")
    return "Nobody with this address is an operator here. Ask an owner for an invitation.";
  if (error === "account_not_linked")
    return "There is an operator with this address who signs in with a password. Do that.";
  if (error === "email_not_verified")
    return "That account's e-mail address is not confirmed there, so it proves nothing here. Confirm it, or use the invitation with a password.";
  if (error === "state_mismatch" || error === "state_not_found")
    return "This sign-in was not begun in this browser, or took too long. Begin again.";
  return "Signing in there did not work. Try again, or use your password.";
}

export async function signOut(c: PortalContext) {
  const { api } = createSignInService(c.env, getOrigin(c));
  const reply = await api.signOut({ headers: c.req.raw.headers, asResponse: true });
  copyCookies(c, reply.headers);
  return redirectWith(c, "/sign-in", "You are signed out.");
}
