import { consumeChallenge, readChallenge } from "../../auth/challenge.ts";
import { checkSignIn, checkSignInCode, tooManyAttempts, wrongCode } from "../../auth/check-credential.ts";
import { continueAfterSignIn } from "../../auth/continue-after-sign-in.tsx";
import { providerCounters } from "../../auth/limits.ts";
import { parseLocalPath, readPendingRequest } from "../../auth/pending-request.tsx";
import { copyCookies, deleteSessionCookie, getSession } from "../../auth/session-cookie.ts";
import { buildSignInEntry } from "../../auth/sign-in-audit.ts";
import { createSignInService, listProviders, type Provider } from "../../auth/sign-in-service.ts";
import { finishSession, startSession } from "../../auth/start-session.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { deleteSession } from "../../db/sessions.ts";
import { isSetUp } from "../../db/setup.ts";
import { countAttempt } from "../../db/sign-in-throttles.ts";
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
  const showError = (error: string, status: 422 | 429 = 422) =>
    renderSignInPage(c, { status, form: { values: { email }, errors: { "": error } }, ...kept });

  const checked = await checkSignIn(c, email, form["password"] ?? "");
  if (checked.outcome === "too_many") return showError(tooManyAttempts, 429);
  if (checked.outcome === "wrong") return showError("Incorrect email or password.");
  const reply = checked.value;
  copyCookies(c, reply.headers);
  const { token } = (await reply.json()) as { token?: string };
  // Without a token better-auth awaits the second factor.
  if (token === undefined) return renderCodePage(c, kept);
  await finishSession(c, token, "password");
  return continueAfterSignIn(c, kept);
}

export async function showCode(c: PortalContext) {
  if ((await getSession(c)) !== null) return c.redirect("/", 303);
  return renderCodePage(c, { next: parseLocalPath(c.req.query("next")) });
}

/** Verifies the second factor after a password. A browser with a session has nothing to verify here. */
export async function enterCode(c: PortalContext) {
  if ((await getSession(c)) !== null)
    return renderErrorPage(c, 409, "Already signed in", "Sign out first to sign in as another operator.");
  const form = await readForm(c);
  const kept = { next: parseLocalPath(form["next"]), pending: readPendingRequest(form) };
  const showError = (code: string, status: 422 | 429 = 422) =>
    renderCodePage(c, { status, form: { values: {}, errors: { code } }, ...kept });
  const operator = await readChallenge(c);
  if (operator === null) return showError(challengeEnded);
  const checked = await checkSignInCode(c, operator, form["code"] ?? "");
  if (checked.outcome === "too_many") return showError(tooManyAttempts, 429);
  if (checked.outcome === "wrong") return showError(wrongCode);
  if (!(await consumeChallenge(c, operator.operatorId))) return showError(challengeEnded);
  await startSession(c, operator.operatorId, `password and ${checked.value}`);
  return continueAfterSignIn(c, kept);
}

const challengeEnded = "This took too long. Sign in with your password again.";

/** Redirects the operator to Google or Microsoft. */
export async function startProvider(c: PortalContext) {
  const provider = listProviders(c.env).find((candidate) => candidate === c.req.param("provider"));
  if (provider === undefined) return unknownProvider(c);
  // Each start stores a row until it ends.
  if (!(await countAttempt(c.env.DB, providerCounters(c), c.get("now"))))
    return renderSignInPage(c, { status: 429, note: tooManyAttempts });
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
  renderErrorPage(c, 404, "Page not found", "This sign-in method is not configured.");

function toProviderMessage(error: string): string {
  if (error === "signup_disabled" || error === "unable_to_create_user")
    return "No operator has this email. An owner can invite you.";
  if (error === "account_not_linked")
    return "An operator with this address exists and has not linked this account. Sign in with your password, then link it under “Account & security”.";
  if (error === "email_not_verified")
    return "That account's email address is not verified by the provider. Verify it, or accept the invitation with a password.";
  if (error === "state_mismatch" || error === "state_not_found")
    return "This sign-in started in another browser or took too long. Start again.";
  return "The provider did not sign you in. Try again, or use your password.";
}

export async function signOut(c: PortalContext) {
  const session = c.get("session");
  await deleteSession(c.env.DB, session.token, buildSignInEntry(c, session, "operator.sign_out"));
  await deleteSessionCookie(c);
  return redirectWith(c, "/sign-in", "You are signed out.");
}
