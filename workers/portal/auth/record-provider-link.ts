import { writeAuditEntry } from "../../../shared/db/audit.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { readOperator } from "../db/operators.ts";
import type { PortalEnv } from "../env.ts";

/**
 * Records that an identity at a provider is about to be linked to an operator. better-auth writes the link
 * itself, so the entry comes first: a crash in between leaves an entry without a link, never the opposite. An
 * operator who joins with a provider belongs to no account yet; `member.join` records that.
 */
export async function recordProviderLink(
  env: PortalEnv,
  link: { operatorId: string; providerId: string; ipAddress: string | null },
): Promise<void> {
  const operator = await readOperator(env.DB, link.operatorId);
  if (operator === null || operator.accountId === null || link.providerId === "credential") return;
  await writeAuditEntry(env.DB, {
    actor: { ...operator, accountId: operator.accountId, ipAddress: link.ipAddress },
    at: await currentTime(env.DEV),
    action: "operator.link_provider",
    target: operator.email,
    after: { provider: link.providerId },
  });
}
