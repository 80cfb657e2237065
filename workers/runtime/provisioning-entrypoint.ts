import { WorkerEntrypoint } from "cloudflare:workers";
import type { ProductInput } from "../../shared/contract/operator.ts";
import type { Role } from "../../shared/contract/roles.ts";
import type { Mode, PlanStatus } from "../../shared/contract/words.ts";
import { d1 } from "../../shared/db/deadline.ts";
import { moveMember } from "../../shared/db/members.ts";
import { ageProofs } from "../../shared/db/session.ts";
import { readConnectionOf } from "../../shared/db/stripe-connections.ts";
import { canonicalJson } from "../../shared/kit/canonical-json.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { sha256Hex } from "../../shared/kit/hash.ts";
import { createApiKey, type NewApiKey, revokeApiKey, setPlanStatus } from "./configuration/api-keys.ts";
import { checkStripeKey } from "./configuration/check-stripe-key.ts";
import { connectStripe } from "./configuration/connect-stripe.ts";
import { createProject, type NewProject } from "./configuration/create-project.ts";
import { registerWebhook } from "./configuration/register-webhook.ts";
import type { RuntimeEnv } from "./env.ts";
import { makeProduct } from "./operator/products.ts";
import { type Adopted, readAdoption } from "./stripe-inbound/adopt.ts";
import { describeNoOwner } from "./stripe-inbound/find-owner.ts";
import { type Inbound, identityOf, openInbound } from "./stripe-inbound/inbound.ts";
import { retryEvent } from "./stripe-inbound/retry-event.ts";
import {
  applySync,
  type DifferencesResult,
  previewSync,
  readDifferences,
} from "./stripe-inbound/sync-subject.ts";
import type { ManualResult } from "./subject/apply-manual.ts";
import type { ManualCommand } from "./subject/manual.ts";
import type { StripePreview } from "./subject/stripe.ts";
import { callSubject } from "./subject-stub.ts";

/**
 * Sets up projects until the portal has people who may (docs/decisions/0008). An RPC entrypoint: no HTTP request
 * reaches it, only a worker whose configuration binds it, and only the development gateway does.
 */
export class ProvisioningEntrypoint extends WorkerEntrypoint<RuntimeEnv> {
  async createProject(project: NewProject): Promise<{ accountId: string; projectId: string }> {
    return createProject(this.env, project, await this.now());
  }

  async connectStripe(
    projectId: string,
    mode: Mode,
    connection: { apiKey: string; origin: string },
  ): Promise<{ connectionId: string; webhookUrl: string; webhookSecret: string }> {
    const now = await this.now();
    const verdict = await checkStripeKey(this.env, mode, connection.apiKey);
    if (verdict.outcome === "refused") throw new Error(verdict.message);
    const { apiKey, origin } = connection;
    const { stripe, stripeAccountId } = verdict;
    const saved = await connectStripe(this.env, { projectId, mode }, { apiKey, stripeAccountId }, now, null);
    const webhook = await registerWebhook(this.env, saved, { stripe, origin }, now, null);
    return { connectionId: saved.connectionId, ...webhook };
  }

  async createProduct(projectId: string, mode: Mode, product: ProductInput): Promise<void> {
    const by = { actor: null, now: await this.now() };
    const made = await makeProduct(this.env, { projectId, mode }, product, by);
    if (made.outcome === "refused") throw new Error(made.message);
  }

  async createApiKey(
    projectId: string,
    mode: Mode,
    key: { name: string; expiresAt: number | null },
  ): Promise<NewApiKey> {
    const made = await createApiKey(this.env, projectId, mode, key, await this.now());
    if (made === null) throw new Error("A new id was taken already");
    return made;
  }

  async revokeApiKey(keyId: string): Promise<{ revokedAt: number }> {
    return revokeApiKey(this.env, keyId, await this.now());
  }

  async setPlanStatus(accountId: string, plan: PlanStatus): Promise<void> {
    await setPlanStatus(this.env, accountId, plan, await this.now());
  }

  /** What differs between Stripe and the subject's ledger; merged when `apply` says so. */
  async syncFromStripe(
    projectId: string,
    mode: Mode,
    subjectRef: string,
    { apply }: { apply: boolean },
  ): Promise<StripePreview | { changes: number }> {
    const inbound = await this.inbound(projectId, mode, "sync from Stripe");
    return this.previewOrApply(inbound, await readDifferences(inbound, subjectRef), apply);
  }

  /** Makes a subscription or payment the subject's that was not sold by a checkout of ours. */
  async adoptFromStripe(
    projectId: string,
    mode: Mode,
    subjectRef: string,
    { apply, ...adopted }: Adopted & { apply: boolean },
  ): Promise<StripePreview | { changes: number }> {
    const inbound = await this.inbound(projectId, mode, "adopted by an operator");
    return this.previewOrApply(inbound, await readAdoption(inbound, subjectRef, adopted), apply);
  }

  private async previewOrApply(
    inbound: Inbound,
    read: DifferencesResult,
    apply: boolean,
  ): Promise<StripePreview | { changes: number }> {
    if (read.outcome !== "read") throw new Error(describeNoOwner(read));
    if (!apply) return previewSync(inbound, read.differences);
    const merged = await applySync(inbound, read.differences);
    if (merged.outcome === "erased") throw new Error(describeNoOwner(merged));
    return { changes: merged.changes };
  }

  async retryEvent(connectionId: string, eventId: string): Promise<{ retried: boolean }> {
    return retryEvent(this.env, { connectionId, eventId });
  }

  /** An operator's action without an operator: `fingerprint` null acts on whatever there is. */
  async act(
    projectId: string,
    mode: Mode,
    subjectRef: string,
    command: Omit<ManualCommand, "audit" | "requestHash">,
  ): Promise<ManualResult> {
    const identity = identityOf(await this.inbound(projectId, mode, "an operator acts"), subjectRef);
    const requestHash = sha256Hex(canonicalJson(command.action));
    return callSubject(this.env, identity, (subject) =>
      subject.applyManual(identity, { ...command, requestHash, audit: null }),
    );
  }

  private async inbound(projectId: string, mode: Mode, because: string): Promise<Inbound> {
    const found = await d1(readConnectionOf(this.env.DB, projectId, mode));
    if (found === null) throw new Error(`The project has no Stripe connection in ${mode} mode`);
    const { connectionId } = found.connection;
    return openInbound(this.env, found, { type: "stripe_read", id: connectionId, because }, await this.now());
  }

  /** Makes an operator a member of another account: an installation is set up once, but tests need several accounts. */
  async moveOperator(email: string, accountId: string, role: Role): Promise<void> {
    await moveMember(this.env.DB, { email, accountId, role });
  }

  /** Makes what an operator has proven `ageMs` old: nobody can wait half an hour for a test. */
  async ageProof(email: string, ageMs: number): Promise<void> {
    await ageProofs(this.env.DB, email, Date.now() - ageMs);
  }

  private async now(): Promise<number> {
    return currentTime(this.env.DEV);
  }
}
