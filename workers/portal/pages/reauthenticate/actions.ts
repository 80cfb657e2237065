import { verifyPassword } from "../../auth/password.ts";
import { readPendingRequest } from "../../auth/pending-request.tsx";
import { createSignInService } from "../../auth/sign-in-service.ts";
import { clearLoginFailures, isLoginAllowed, tooManyAttempts } from "../../auth/throttle.ts";
import { markReauthenticated, readPasswordHash } from "../../db/sessions.ts";
import { readForm } from "../../http/form.ts";
import { getOrigin, type PortalContext } from "../../request-context.ts";
import { renderReauthenticationPage } from "./page.tsx";

/** Verifies the password or code, then handles the interrupted request as a new request. */
export async function reauthenticate(c: PortalContext) {
  const form = await readForm(c);
  const pending = readPendingRequest(form);
  const { token, email } = c.get("session");
  const showError = (error: string) =>
    renderReauthenticationPage(c, pending, { values: {}, errors: { proof: error } }, 422);

  if (!(await isLoginAllowed(c, email))) return showError(tooManyAttempts);
  if (!(await isCredential(c, form["proof"] ?? ""))) return showError("That does not fit.");
  await clearLoginFailures(c, email);
  await markReauthenticated(c.env.DB, token, Date.now());
  if (pending === null || pending.method === "GET") return c.redirect(pending?.path ?? "/", 303);
  return c.get("redispatch")(buildRequest(c, pending.path, pending.fields));
}

async function isCredential(c: PortalContext, credential: string): Promise<boolean> {
  const { operatorId, hasSecondFactor } = c.get("session");
  const code = credential.replaceAll(" ", "");
  if (hasSecondFactor && /^\d{6}$/.test(code)) {
    const { api } = createSignInService(c.env, getOrigin(c));
    const reply = await api.verifyTOTP({ body: { code }, headers: c.req.raw.headers, asResponse: true });
    if (reply.ok) return true;
  }
  const hash = await readPasswordHash(c.env.DB, operatorId);
  return hash !== null && verifyPassword(credential, hash);
}

function buildRequest(c: PortalContext, path: string, fields: Readonly<Record<string, string>>): Request {
  const headers = new Headers({ Origin: getOrigin(c), "Content-Type": "application/x-www-form-urlencoded" });
  for (const name of ["Cookie", "CF-Connecting-IP"]) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  return new Request(getOrigin(c) + path, {
    method: "POST",
    headers,
    body: new URLSearchParams(fields).toString(),
  });
}
