import { createRecoveryLink } from "../../../../../shared/contract/operations/recovery-links.ts";
import { mayRun } from "../../../auth/may-run.ts";
import { Icon } from "../../../components/icon.tsx";
import { recoveryActionLabels } from "../../../components/labels/recovery.ts";
import { Pill } from "../../../components/parts.tsx";
import { ExactTime, Time } from "../../../components/time.tsx";
import type { CustomerRecoveryLink } from "../../../db/recovery-links.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";
import type { RecoveryMoment } from "./timeline-items.ts";
import { Line } from "./timeline-line.tsx";

/** The way back from a denial: the link that support sends, and how far the newest one led. */
export function Recovery({ c, page: { customer, lists } }: { c: PortalContext; page: CustomerPage }) {
  const { decision, subjectRef } = customer;
  if (decision.allowed) return null;
  const [newest] = lists.recoveryLinks;
  const now = c.get("now");
  const maySend = mayRun(c, createRecoveryLink);
  if (newest === undefined && !maySend) return null;
  return (
    <ul class="causes" aria-label="Recovery link">
      <li>
        <p class="quiet">
          {newest === undefined ? (
            "A recovery link leads the customer to what they can do at Stripe."
          ) : (
            <>
              Recovery link by {newest.operatorName}, <Time at={newest.createdAt} now={now} />:{" "}
              {describeState(newest, now)}.
            </>
          )}
        </p>
        {maySend ? (
          <div class="row">
            <a class="button small" href={buildCustomerPath(c, subjectRef, "/recovery-link")}>
              <Icon name="send" />
              Send recovery link
            </a>
          </div>
        ) : null}
      </li>
    </ul>
  );
}

function describeState(
  { paidAt, openedAt, expiresAt, isRevoked }: CustomerRecoveryLink,
  now: number,
): string {
  const end = isRevoked ? ", revoked" : expiresAt <= now ? ", expired" : "";
  if (paidAt !== null) return "paid";
  return openedAt === null ? `not opened yet${end}` : `opened, not paid yet${end}`;
}

/** A row of the timeline: a link was created, opened, or led to a payment. */
export function RecoveryRow({ c, at, link, moment }: RecoveryMoment & { c: PortalContext; at: number }) {
  const line = { id: `${link.linkId}-${moment}`, at, icon: "send" } as const;
  switch (moment) {
    case "created":
      return (
        <Line {...line} tone="">
          <b>Recovery link created</b> by {link.operatorName}{" "}
          {link.isRevoked ? (
            <Pill>Revoked</Pill>
          ) : link.expiresAt <= c.get("now") ? (
            <Pill>Expired</Pill>
          ) : null}
          <p class="cause">
            {link.expiresAt <= c.get("now") ? "Worked" : "Works"} until <ExactTime at={link.expiresAt} />
          </p>
        </Line>
      );
    case "opened":
      return (
        <Line {...line} tone="">
          <b>Recovery link opened</b> by the customer
          <p class="cause">
            {link.openedAction === null
              ? "No page was opened"
              : `Led to: ${recoveryActionLabels[link.openedAction]}`}
            {link.missingPermission === null
              ? null
              : ` · the Stripe key lacks the permission ${link.missingPermission}`}
          </p>
        </Line>
      );
    case "paid":
      return (
        <Line {...line} tone="good">
          <b>Access restored after the recovery link</b> <Pill tone="good">Paid</Pill>
          <p class="cause">Link by {link.operatorName}</p>
        </Line>
      );
  }
}
