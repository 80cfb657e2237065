import {
  type OperatorCaller,
  type OperatorReply,
  type OperatorRpc,
  type PermissionCheck,
  type Place,
  refusal,
} from "../../../shared/contract/operator.ts";
import { authorize } from "../../../shared/db/authorize.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readConnectionOf } from "../../../shared/db/stripe-connections.ts";
import { open, parseWrappingKeys } from "../../../shared/kit/crypto-box.ts";
import { checkStripeKey } from "../configuration/check-stripe-key.ts";
import { connectStripe } from "../configuration/connect-stripe.ts";
import { keepWebhookSecret, registerWebhook } from "../configuration/register-webhook.ts";
import { stripeOfConnection } from "../configuration/stripe-of-connection.ts";
import type { RuntimeEnv } from "../env.ts";
import { apiKeyPlace } from "../stripe-inbound/connection.ts";
import { stripeRefusal } from "./refusal.ts";

/** Saves a key that may do all that we need; otherwise says what it lacks, and saves nothing. */
export async function connect(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  apiKey: string,
): ReturnType<OperatorRpc["connectStripe"]> {
  const permit = await authorize(env, caller, { role: "admin", place, proofInLive: true });
  if (permit.outcome === "refused") return permit;
  const verdict = await checkStripeKey(env, place.mode, apiKey.trim());
  if (verdict.outcome === "refused") return refusal("invalid", verdict.message, "api_key");
  const { permissions, stripeAccountId } = verdict;
  const missing = permissions.filter(({ ok }) => !ok);
  if (missing.length > 0) return refusal("invalid", missingPermissions(missing), "api_key");
  await connectStripe(env, place, { apiKey: apiKey.trim(), stripeAccountId }, permit.now, permit.actor);
  return { outcome: "done", permissions };
}

/** Checks the stored key again: permissions can be taken from a key at any time. */
export async function check(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
): ReturnType<OperatorRpc["checkStripe"]> {
  const permit = await authorize(env, caller, { role: "support", place });
  if (permit.outcome === "refused") return permit;
  const found = await d1(readConnectionOf(env.DB, place.projectId, place.mode));
  if (found === null) return notConnected(place);
  const { connection } = found;
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const apiKey = await open(keys, apiKeyPlace(connection.connectionId), connection.apiKeySealed);
  const verdict = await checkStripeKey(env, place.mode, apiKey);
  if (verdict.outcome === "refused") return refusal("stripe", verdict.message);
  return { outcome: "done", permissions: verdict.permissions };
}

export async function register(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  origin: string,
): Promise<OperatorReply> {
  const found = await connectionFor(env, caller, place);
  if (found.outcome === "refused") return found;
  const { connection, now, actor } = found;
  try {
    const stripe = await stripeOfConnection(env, connection);
    await registerWebhook(env, connection, { stripe, origin }, now, actor);
    return { outcome: "done" };
  } catch (error) {
    return stripeRefusal(error);
  }
}

export async function setSecret(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  secret: string,
): Promise<OperatorReply> {
  const found = await connectionFor(env, caller, place);
  if (found.outcome === "refused") return found;
  const entered = secret.trim();
  if (!/^whsec_[A-Za-z0-9+/=_]{16,200}$/.test(entered))
    return refusal(
      "invalid",
      "This is no signing secret: it begins with whsec_ and stands on the endpoint's page in Stripe.",
      "webhook_secret",
    );
  await keepWebhookSecret(
    env,
    found.connection,
    { secret: entered, endpointId: null },
    found.now,
    found.actor,
  );
  return { outcome: "done" };
}

async function connectionFor(env: RuntimeEnv, caller: OperatorCaller, place: Place) {
  const permit = await authorize(env, caller, { role: "admin", place, proofInLive: true });
  if (permit.outcome === "refused") return permit;
  const found = await d1(readConnectionOf(env.DB, place.projectId, place.mode));
  return found === null ? notConnected(place) : { ...permit, connection: found.connection };
}

export const notConnected = ({ mode }: Place) =>
  refusal(
    "conflict",
    `This project has no Stripe connection in ${mode} mode yet. Connect it first: Stripe connection.`,
  );

function missingPermissions(missing: PermissionCheck[]): string {
  const list = missing.map(({ name, needs }) => `${name}: ${needs}`).join(", ");
  return `The key works but lacks permissions: ${list}. Give them to it in Stripe (Developers, API keys, edit the key), then save again. Nothing was saved.`;
}
