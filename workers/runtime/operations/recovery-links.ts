import { createRecoveryLink, rotateLinkSecret } from "../../../shared/contract/operations/recovery-links.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { insertLink, readLinkSecret, replaceLinkSecret } from "../db/recovery-links.ts";
import { ensureLinkSecret, openLinkSecret, sealNewLinkSecret } from "../recovery/link-secret.ts";
import { buildLinkToken } from "../recovery/link-token.ts";
import { callSubject } from "../subject-stub.ts";
import { implement, implementForCustomer } from "./implement.ts";

/** The audit entry and the row are one transaction. The link follows from the row, so a repeated form gets it again. */
export const create = implementForCustomer(
  createRecoveryLink,
  async ({ env, scope, identity, actor, now, audit }, { subjectRef, linkId, days }) => {
    const { decision } = await callSubject(env, identity, (subject) => subject.read());
    if (decision.allowed)
      return refusal(
        "conflict",
        "Access is allowed now, so there is nothing to recover. No link was created.",
      );
    const secret = await ensureLinkSecret(env, scope.projectId, now);
    const { operatorId, name: operatorName } = actor;
    const { reason } = decision;
    const expiresAt = now + days * dayMs;
    const after = { linkId, reason, expiresAt: new Date(expiresAt).toISOString() };
    const stored = await insertLink(
      dataOf(env, scope),
      {
        linkId,
        ...scope,
        subjectRef,
        reason,
        secretVersion: secret.version,
        createdAt: now,
        expiresAt,
        operatorId,
        operatorName,
      },
      audit({ target: subjectRef, after }),
    );
    if (stored === null)
      return refusal(
        "conflict",
        "This customer was erased, or the link secret was just rotated. No link was created. Reload the page.",
      );
    const isOwn =
      stored.projectId === scope.projectId &&
      stored.mode === scope.mode &&
      stored.subjectRef === subjectRef &&
      stored.operatorId === operatorId &&
      stored.secretVersion === secret.version;
    if (!isOwn) return refusal("conflict", "This form was already submitted. Reload the page.");
    const token = buildLinkToken(await openLinkSecret(env, secret), stored);
    return { outcome: "done", path: `/r/${token}`, expiresAt: stored.expiresAt };
  },
);

export const rotate = implement(rotateLinkSecret, async ({ env, scope, now, audit }, { secretVersion }) => {
  const { projectId } = scope;
  const data = dataOf(env, scope);
  const current = await readLinkSecret(data, projectId);
  if (current === null)
    return refusal("not_found", "This project has no recovery links yet. There is no secret to rotate.");
  const version = secretVersion + 1;
  const secretSealed = await sealNewLinkSecret(env, projectId, version);
  const entry = audit({
    target: projectId,
    before: { secretVersion },
    after: { secretVersion: version },
  });
  if (await replaceLinkSecret(data, { projectId, secretSealed, version, createdAt: now }, entry))
    return { outcome: "done" };
  return refusal(
    "conflict",
    "The link secret was already rotated. Links that were created before it don't work. Reload the page.",
  );
});
