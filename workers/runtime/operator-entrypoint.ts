import { WorkerEntrypoint } from "cloudflare:workers";
import {
  type OperatorCaller,
  type OperatorReply,
  type OperatorRpc,
  type Place,
  refusal,
} from "../../shared/contract/operator.ts";
import type { AsOf, ManualCommand } from "../../shared/contract/support.ts";
import { type PlanStatus, planStatuses } from "../../shared/contract/words.ts";
import type { AuditEntry } from "../../shared/db/audit.ts";
import { authorize } from "../../shared/db/authorize.ts";
import { setPlanStatus } from "./configuration/api-keys.ts";
import type { RuntimeEnv } from "./env.ts";
import { applyAction, previewAction } from "./operator/act.ts";
import { readCustomer, readDecision } from "./operator/customer.ts";
import { resyncCustomer, startSubjectJob, stopSubjectJob, verifyCustomer } from "./operator/data-check.ts";
import { eraseCustomer, previewErase } from "./operator/erase.ts";
import { retryEvent } from "./operator/events.ts";
import { exportCustomer } from "./operator/export.ts";
import { createKey, revokeKey, rotateKey } from "./operator/keys.ts";
import { addNote, deleteNote } from "./operator/notes.ts";
import { fetchCustomersByEmail } from "./operator/prices.ts";
import { archiveProduct, createProduct, editProduct, listPrices, lookUpPrice } from "./operator/products.ts";
import { beginSubjectJob } from "./operator/run-subject-job.ts";
import { check, connect, register, setSecret } from "./operator/stripe-connection.ts";
import { applySync, previewSync } from "./operator/sync.ts";

/**
 * What operators change through the portal. An RPC entrypoint: no HTTP request reaches it, only a worker whose
 * configuration binds it. Each method begins with `authorize`, which reads session, membership and role itself, and
 * writes its audit entry in the transaction of the change.
 */
export class OperatorEntrypoint extends WorkerEntrypoint<RuntimeEnv> implements OperatorRpc {
  createApiKey(caller: OperatorCaller, place: Place, key: Parameters<OperatorRpc["createApiKey"]>[2]) {
    return createKey(this.env, caller, place, key);
  }

  rotateApiKey(caller: OperatorCaller, place: Place, rotation: Parameters<OperatorRpc["rotateApiKey"]>[2]) {
    return rotateKey(this.env, caller, place, rotation);
  }

  revokeApiKey(caller: OperatorCaller, place: Place, keyId: string) {
    return revokeKey(this.env, caller, place, keyId);
  }

  connectStripe(caller: OperatorCaller, place: Place, apiKey: string) {
    return connect(this.env, caller, place, apiKey);
  }

  checkStripe(caller: OperatorCaller, place: Place) {
    return check(this.env, caller, place);
  }

  registerWebhook(caller: OperatorCaller, place: Place, origin: string) {
    return register(this.env, caller, place, origin);
  }

  setWebhookSecret(caller: OperatorCaller, place: Place, secret: string) {
    return setSecret(this.env, caller, place, secret);
  }

  listPrices(caller: OperatorCaller, place: Place) {
    return listPrices(this.env, caller, place);
  }

  lookUpPrice(caller: OperatorCaller, place: Place, price: Parameters<OperatorRpc["lookUpPrice"]>[2]) {
    return lookUpPrice(this.env, caller, place, price);
  }

  createProduct(caller: OperatorCaller, place: Place, product: Parameters<OperatorRpc["createProduct"]>[2]) {
    return createProduct(this.env, caller, place, product);
  }

  editProduct(caller: OperatorCaller, place: Place, edit: Parameters<OperatorRpc["editProduct"]>[2]) {
    return editProduct(this.env, caller, place, edit);
  }

  archiveProduct(caller: OperatorCaller, place: Place, change: Parameters<OperatorRpc["archiveProduct"]>[2]) {
    return archiveProduct(this.env, caller, place, change);
  }

  async setPlan(caller: OperatorCaller, plan: PlanStatus): Promise<OperatorReply> {
    const permit = await authorize(this.env, caller, { role: "owner" });
    if (permit.outcome === "refused") return permit;
    if (!planStatuses.includes(plan)) return refusal("invalid", "There is no such plan status.", "plan");
    const { actor, now } = permit;
    const audit: AuditEntry = {
      actor,
      at: now,
      action: "plan.set",
      target: actor.accountId,
      after: { plan },
    };
    await setPlanStatus(this.env, actor.accountId, plan, now, audit);
    return { outcome: "done" };
  }

  retryEvent(caller: OperatorCaller, place: Place, eventId: string) {
    return retryEvent(this.env, caller, place, eventId);
  }

  async findCustomersByEmail(caller: OperatorCaller, place: Place, email: string) {
    const permit = await authorize(this.env, caller, { role: "viewer", place });
    return permit.outcome === "refused" ? permit : fetchCustomersByEmail(this.env, place, email);
  }

  readCustomer(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    page: Parameters<OperatorRpc["readCustomer"]>[3],
  ) {
    return readCustomer(this.env, caller, place, subjectRef, page);
  }

  readDecision(caller: OperatorCaller, place: Place, subjectRef: string, asOf: AsOf) {
    return readDecision(this.env, caller, place, subjectRef, asOf);
  }

  previewAction(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    action: Parameters<OperatorRpc["previewAction"]>[3],
  ) {
    return previewAction(this.env, caller, place, subjectRef, action);
  }

  applyAction(caller: OperatorCaller, place: Place, subjectRef: string, command: ManualCommand) {
    return applyAction(this.env, caller, place, subjectRef, command);
  }

  previewSync(caller: OperatorCaller, place: Place, subjectRef: string) {
    return previewSync(this.env, caller, place, subjectRef);
  }

  applySync(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    sync: Parameters<OperatorRpc["applySync"]>[3],
  ) {
    return applySync(this.env, caller, place, subjectRef, sync);
  }

  addNote(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    note: Parameters<OperatorRpc["addNote"]>[3],
  ) {
    return addNote(this.env, caller, place, subjectRef, note);
  }

  deleteNote(caller: OperatorCaller, place: Place, subjectRef: string, noteId: string) {
    return deleteNote(this.env, caller, place, subjectRef, noteId);
  }

  exportCustomer(caller: OperatorCaller, place: Place, subjectRef: string, cursor: string | null) {
    return exportCustomer(this.env, caller, place, subjectRef, cursor);
  }

  previewErase(caller: OperatorCaller, place: Place, subjectRef: string) {
    return previewErase(this.env, caller, place, subjectRef);
  }

  eraseCustomer(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    erase: Parameters<OperatorRpc["eraseCustomer"]>[3],
  ) {
    return eraseCustomer(this.env, caller, place, subjectRef, erase);
  }

  verifyCustomer(caller: OperatorCaller, place: Place, subjectRef: string) {
    return verifyCustomer(this.env, caller, place, subjectRef);
  }

  resyncCustomer(caller: OperatorCaller, place: Place, subjectRef: string) {
    return resyncCustomer(this.env, caller, place, subjectRef);
  }

  async startSubjectJob(
    caller: OperatorCaller,
    place: Place,
    job: Parameters<OperatorRpc["startSubjectJob"]>[2],
  ) {
    const reply = await startSubjectJob(this.env, caller, place, job);
    if (reply.outcome === "done") this.ctx.waitUntil(beginSubjectJob(this.env, reply.jobId));
    return reply;
  }

  stopSubjectJob(caller: OperatorCaller, place: Place, jobId: string) {
    return stopSubjectJob(this.env, caller, place, jobId);
  }
}
