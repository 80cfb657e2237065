import type { Child } from "hono/jsx";
import { requeueDelivery } from "../../../../shared/contract/operations/deliveries.ts";
import type { DeliveryDetail } from "../../../../shared/db/deliveries.ts";
import { getRemainingScheduleMs, maxScheduledAttempts } from "../../../../shared/webhooks/retry-schedule.ts";
import { mayRun } from "../../auth/may-run.ts";
import { ActionButton } from "../../components/fields.tsx";
import { Icon, type IconName } from "../../components/icon.tsx";
import { deliveryErrorLabels, formatAttemptResult } from "../../components/labels/webhook.ts";
import { DueTime, Elapsed, FullTime } from "../../components/time.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { AttemptBar } from "./attempt-bar.tsx";

interface Words {
  tone: "good" | "warn" | "bad" | "";
  icon: IconName;
  headline: string;
  /** What happens next, or what an operator can do. */
  explanation: Child;
}

/** The state of a delivery in a sentence, what happens next, and its schedule as a bar. */
export function Outcome({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { delivery, endpoint } = found;
  const { tone, icon, headline, explanation } = describe(c, found);
  return (
    <section class="card delivery">
      <header>
        <h2>
          <span class={tone}>
            <Icon name={icon} />
          </span>{" "}
          {headline}
        </h2>
        <Next c={c} found={found} />
      </header>
      <p>{explanation}</p>
      {delivery.attemptsInRun === 0 ? null : <AttemptBar found={found} />}
      {mayRun(c, requeueDelivery) && endpoint.isEnabled ? <Actions c={c} found={found} /> : null}
    </section>
  );
}

function describe(c: PortalContext, { delivery, endpoint, attempts }: DeliveryDetail): Words {
  const { state, lastStatus, lastError, attemptsInRun, nextAttemptAt } = delivery;
  const result = formatAttemptResult(lastStatus, lastError);
  const cause = lastStatus === null ? result : `Your endpoint returned ${result}`;
  const sentence =
    lastError === null || lastStatus !== null ? "" : `${deliveryErrorLabels[lastError].sentence} `;
  if (state === "sent")
    return {
      tone: "good",
      icon: "circle-check",
      headline: `Your endpoint returned ${result}`,
      explanation: `Delivered on attempt ${attempts.length}.`,
    };
  if (state === "dead")
    return {
      tone: "bad",
      icon: "circle-x",
      headline: cause ?? "Dropped before its first attempt",
      explanation: `${sentence}No further attempt is scheduled. Retry the delivery once the endpoint works.`,
    };
  if (!endpoint.isEnabled)
    return {
      tone: "warn",
      icon: "triangle-alert",
      headline: "The endpoint is disabled",
      explanation: "The delivery is queued until you enable the endpoint.",
    };
  if (state === "pending" || cause === null)
    return {
      tone: "",
      icon: "clock",
      headline: "Queued",
      explanation: "The first attempt starts in a moment.",
    };
  const lastAt = (nextAttemptAt ?? 0) + getRemainingScheduleMs(attemptsInRun);
  const now = c.get("now");
  return {
    tone: "warn",
    icon: "triangle-alert",
    headline: cause,
    explanation: (
      <>
        {sentence}
        {endpoint.failingSince === null ? null : (
          <>
            This endpoint has failed for <Elapsed since={endpoint.failingSince} now={now} />.{" "}
          </>
        )}
        Licenzy retries automatically; the last attempt is <FullTime at={lastAt} now={now} />.
      </>
    ),
  };
}

/** When the next attempt starts, or until when the present one can run. */
function Next({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { nextAttemptAt, leaseUntil, attemptsInRun } = found.delivery;
  if (nextAttemptAt === null || !found.endpoint.isEnabled) return null;
  const now = c.get("now");
  if (leaseUntil !== null && leaseUntil > now) return <span class="quiet">Attempt in progress</span>;
  return (
    <span class="quiet">
      Next attempt <DueTime at={nextAttemptAt} now={now} /> ({attemptsInRun + 1} of {maxScheduledAttempts})
    </span>
  );
}

function Actions({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { state, deliveryId } = found.delivery;
  const path = (action: string) => buildPath(c, `/deliveries/${deliveryId}/${action}`);
  switch (state) {
    case "failed":
    case "dead":
      return <ActionButton action={path("requeue")} label="Retry delivery" tone="primary" small={false} />;
    case "sent":
      return <ActionButton action={path("resend")} label="Resend event" small={false} />;
    case "pending":
      return null;
  }
}
