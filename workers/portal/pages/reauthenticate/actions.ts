import { checkProof, tooManyAttempts, wrongCode } from "../../auth/check-credential.ts";
import { readPendingRequest } from "../../auth/pending-request.tsx";
import { buildSignInEntry } from "../../auth/sign-in-audit.ts";
import { renewProof } from "../../db/sessions.ts";
import { readForm } from "../../http/form.ts";
import { getOrigin, type PortalContext } from "../../request-context.ts";
import { renderReauthenticationPage } from "./page.tsx";

/**
 * Verifies the code, or without a second factor the password, then handles the interrupted request as a new
 * request.
 */
export async function reauthenticate(c: PortalContext) {
  const form = await readForm(c);
  const pending = readPendingRequest(form);
  const session = c.get("session");
  const showError = (error: string, status: 422 | 429 = 422) =>
    renderReauthenticationPage(c, pending, { values: {}, errors: { proof: error } }, status);

  const checked = await checkProof(c, form["proof"] ?? "");
  if (checked.outcome === "too_many") return showError(tooManyAttempts, 429);
  if (checked.outcome === "wrong")
    return showError(session.hasSecondFactor ? wrongCode : "Incorrect password.");
  const audit = buildSignInEntry(c, session, "operator.prove", { method: checked.value });
  await renewProof(c.env.DB, session.token, Date.now(), audit);
  if (pending === null || pending.method === "GET") return c.redirect(pending?.path ?? "/", 303);
  return c.get("redispatch")(buildRequest(c, pending.path, pending.fields));
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
