import { WorkerEntrypoint } from "cloudflare:workers";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode, PlanStatus } from "../../../shared/contract/enums.ts";
import { type ProductInput, productSchema } from "../../../shared/contract/operations/products.ts";
import type { Role } from "../../../shared/contract/roles.ts";
import { withD1Timeout } from "../../../shared/db/d1-timeout.ts";
import { dataByNumber, listDatabases } from "../../../shared/db/databases.ts";
import { accessAuditFindings } from "../../../shared/db/tables/access-audits.ts";
import { members } from "../../../shared/db/tables/people.ts";
import { operatorSessions } from "../../../shared/db/tables/sign-in.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { readConnection, readProjectConnection } from "../../../workers/runtime/db/stripe-connections.ts";
import type { RuntimeEnv } from "../../../workers/runtime/env.ts";
import { createKey, type NewApiKey } from "../../../workers/runtime/keys/create-key.ts";
import { revokeKey } from "../../../workers/runtime/keys/revoke-key.ts";
import { setPlanStatus } from "../../../workers/runtime/keys/set-plan.ts";
import { makeProduct } from "../../../workers/runtime/operations/products.ts";
import { checkStripeKey } from "../../../workers/runtime/stripe-connection/check-stripe-key.ts";
import { connectStripe } from "../../../workers/runtime/stripe-connection/connect-stripe.ts";
import { registerWebhook } from "../../../workers/runtime/stripe-connection/register-webhook.ts";
import {
  type AdoptionTarget,
  adoptObject,
  readAdoption,
} from "../../../workers/runtime/stripe-events/adopt-object.ts";
import {
  type ConnectionContext,
  createConnectionContext,
  toSubjectIdentity,
} from "../../../workers/runtime/stripe-events/connection-context.ts";
import { describeNoOwner } from "../../../workers/runtime/stripe-events/find-owner.ts";
import { retryByOperator } from "../../../workers/runtime/stripe-events/retry-by-operator.ts";
import {
  applySync,
  previewSync,
  readDifferences,
  type StripeDifferencesResult,
} from "../../../workers/runtime/stripe-events/sync-subject.ts";
import type { ManualActionResult } from "../../../workers/runtime/subject/operator-actions/apply-manual-action.ts";
import type { ManualActionCommand } from "../../../workers/runtime/subject/operator-actions/manual-action.ts";
import type { StripePreview } from "../../../workers/runtime/subject/preview-stripe.ts";
import { callSubject } from "../../../workers/runtime/subject-stub.ts";
import { createProject, type NewProject } from "./create-project.ts";

/**
 * Sets up projects for the seed and tests, without an operator. Development only: this folder's entry adds
 * it to the runtime worker, and only the development gateway binds it.
 */
export class ProvisioningEntrypoint extends WorkerEntrypoint<RuntimeEnv> {
  constructor(ctx: ExecutionContext, env: RuntimeEnv) {
    super(ctx, withD1Timeout(env));
  }

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
    const made = await makeProduct(this.env, { projectId, mode }, productSchema.parse(product), by);
    if (made.outcome === "refused") throw new Error(made.message);
  }

  async createApiKey(
    projectId: string,
    mode: Mode,
    key: { name: string; expiresAt: number | null },
  ): Promise<NewApiKey> {
    const made = await createKey(this.env, projectId, mode, key, await this.now());
    if (made === null) throw new Error("The new key id already exists");
    return made;
  }

  async revokeApiKey(keyId: string): Promise<{ revokedAt: number }> {
    return revokeKey(this.env, keyId, await this.now());
  }

  async setPlanStatus(accountId: string, plan: PlanStatus): Promise<void> {
    await setPlanStatus(this.env, accountId, plan, await this.now());
  }

  /** Returns the differences between Stripe and the subject's ledger. With `apply`, merges them. */
  async syncFromStripe(
    projectId: string,
    mode: Mode,
    subjectRef: string,
    { apply }: { apply: boolean },
  ): Promise<StripePreview | { changes: number }> {
    const inbound = await this.inbound(projectId, mode, "sync from Stripe");
    return this.previewOrApply(inbound, await readDifferences(inbound, subjectRef), apply);
  }

  /**
   * Assigns a Stripe subscription or payment to the subject, although it was not sold through a Licenzy
   * checkout.
   */
  async adoptFromStripe(
    projectId: string,
    mode: Mode,
    subjectRef: string,
    { apply, ...adopted }: AdoptionTarget & { apply: boolean },
  ): Promise<StripePreview | { changes: number }> {
    const inbound = await this.inbound(projectId, mode, "adopted by an operator");
    if (!apply) return this.previewOrApply(inbound, await readAdoption(inbound, subjectRef, adopted), false);
    const merged = await adoptObject(inbound, subjectRef, adopted);
    if (merged.outcome !== "merged") throw new Error(describeNoOwner(merged));
    return { changes: merged.changes };
  }

  private async previewOrApply(
    inbound: ConnectionContext,
    read: StripeDifferencesResult,
    apply: boolean,
  ): Promise<StripePreview | { changes: number }> {
    if (read.outcome !== "read") throw new Error(describeNoOwner(read));
    if (!apply) return previewSync(inbound, read.differences);
    const merged = await applySync(inbound, read.differences);
    if (merged.outcome === "erased") throw new Error(describeNoOwner(merged));
    return { changes: merged.changes };
  }

  async retryEvent(connectionId: string, eventId: string): Promise<{ retried: boolean }> {
    const found = await readConnection(this.env.DB, connectionId);
    if (found === null) throw new Error(`Connection not found: ${connectionId}`);
    return retryByOperator(this.env, { connectionId, eventId, projectId: found.connection.projectId });
  }

  /**
   * Applies a manual action without an operator. With the fingerprint `null`, the current state is not
   * checked.
   */
  async act(
    projectId: string,
    mode: Mode,
    subjectRef: string,
    command: Omit<ManualActionCommand, "audit" | "requestHash">,
  ): Promise<ManualActionResult> {
    const identity = toSubjectIdentity(await this.inbound(projectId, mode, "an operator acts"), subjectRef);
    const requestHash = sha256Hex(canonicalJson(command.action));
    return callSubject(this.env, identity, (subject) =>
      subject.applyManual(identity, { ...command, requestHash, audit: null }),
    );
  }

  private async inbound(projectId: string, mode: Mode, because: string): Promise<ConnectionContext> {
    const found = await readProjectConnection(this.env.DB, projectId, mode);
    if (found === null) throw new Error(`The project has no Stripe connection in ${mode} mode`);
    const { connectionId } = found.connection;
    return createConnectionContext(
      this.env,
      found,
      { type: "stripe_read", id: connectionId, because },
      await this.now(),
    );
  }

  /** Moves an operator to another account. Setup creates one account, and tests need several. */
  async moveOperator(email: string, accountId: string, role: Role): Promise<void> {
    const { meta } = await drizzle(this.env.DB)
      .update(members)
      .set({ accountId, role })
      .where(sql`operator_id = (SELECT operator_id FROM operators WHERE email = ${email})`)
      .run();
    if (meta.changes === 0) throw new Error(`Member not found: ${email}`);
  }

  /**
   * Makes the operator's last authentication `ageMs` old, since tests can't wait 30 minutes. `null` makes the
   * sign-in incomplete, as after Google or Microsoft.
   */
  async ageProof(email: string, ageMs: number | null): Promise<void> {
    await drizzle(this.env.DB)
      .update(operatorSessions)
      .set({ provenAt: ageMs === null ? null : new Date(Date.now() - ageMs) })
      .where(sql`operator_id = (SELECT operator_id FROM operators WHERE email = ${email})`);
  }

  /** Leaves the first findings of a report listed and the others only counted, since tests can't make more than 1,000. */
  async unlistFindings(auditId: string, listed: number): Promise<void> {
    const kept = sql`SELECT finding_id FROM access_audit_findings WHERE audit_id = ${auditId}
      ORDER BY finding_id LIMIT ${listed}`;
    // An audit's id does not name its project's database.
    for (const number of listDatabases(this.env))
      await drizzle(dataByNumber(this.env, number))
        .delete(accessAuditFindings)
        .where(sql`audit_id = ${auditId} AND finding_id NOT IN (${kept})`);
  }

  private async now(): Promise<number> {
    return currentTime(this.env.DEV);
  }
}
