import {
  linkProvider as linkOperation,
  unlinkProvider as unlinkOperation,
} from "../../../../shared/contract/operations/sign-in.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { copyCookies } from "../../auth/session-cookie.ts";
import { createSignInService, listProviders, providerLabels } from "../../auth/sign-in-service.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { listIdentities, unlinkIdentity } from "../../db/sessions.ts";
import { authorizeOperation } from "../../http/authorize-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import { type Form, getOrigin, type PortalContext } from "../../request-context.ts";

/** Redirects to the provider. The account is linked when the operator returns with their consent. */
export async function linkProvider(c: PortalContext) {
  const form = await readForm(c);
  const provider = listProviders(c.env).find((candidate) => candidate === form["provider"]);
  if (provider === undefined)
    return renderErrorPage(c, 404, "Page not found", "This sign-in method is not configured.");
  const permit = await authorizeOperation(c, linkOperation);
  if (permit.outcome === "refused") return renderRefusalPage(c, permit);
  const { api } = createSignInService(c.env, getOrigin(c));
  const reply = await api.linkSocialAccount({
    body: { provider, callbackURL: "/account", errorCallbackURL: "/account", disableRedirect: true },
    headers: c.req.raw.headers,
    asResponse: true,
  });
  copyCookies(c, reply.headers);
  const { url } = (await reply.json()) as { url?: string };
  if (url === undefined) throw new Error(`better-auth began no link: ${reply.status}`);
  return c.redirect(url, 303);
}

export async function confirmUnlinking(c: PortalContext, form: Form): Promise<Confirmation | Response> {
  const identities = await listIdentities(c.env.DB, c.get("member").operatorId);
  const identity = identities.find(({ identityId }) => identityId === form["identity"]);
  if (identity === undefined) return redirectWith(c, "/account", "That account is not linked.", "bad");
  const label = toLabel(identity.provider);
  return {
    title: `Unlink ${label}?`,
    text: `You can no longer sign in with ${label}, and your other sessions are signed out. You can link it again.`,
    button: `Unlink ${label}`,
    back: "/account",
  };
}

const toLabel = (provider: string): string => listedLabels.get(provider) ?? provider;

const listedLabels = new Map<string, string>(Object.entries(providerLabels));

export async function unlinkProvider(c: PortalContext) {
  const { identity: identityId = "" } = await readForm(c);
  const permit = await authorizeOperation(c, unlinkOperation);
  if (permit.outcome === "refused") return renderRefusalPage(c, permit);
  const { operatorId, token, email } = c.get("member");
  const identity = (await listIdentities(c.env.DB, operatorId)).find(
    (candidate) => candidate.identityId === identityId,
  );
  if (identity === undefined) return redirectWith(c, "/account", "That account is not linked.", "bad");
  const { provider } = identity;
  const isUnlinked = await unlinkIdentity(c.env.DB, { operatorId, token }, identityId, {
    actor: permit.actor,
    at: permit.now,
    action: "operator.unlink_provider",
    target: email,
    before: { provider },
  });
  return isUnlinked
    ? redirectWith(c, "/account", `${toLabel(provider)} is unlinked. Your other sessions are signed out.`)
    : redirectWith(
        c,
        "/account",
        "You have no other way to sign in. Get a reset link from an owner first.",
        "bad",
      );
}
