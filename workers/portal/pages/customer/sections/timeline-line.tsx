import type { Child } from "hono/jsx";
import type { FlipView } from "../../../../../shared/contract/operations/customer-views.ts";
import { Clock } from "../../../components/day-time.tsx";
import { Icon, type IconName } from "../../../components/icon.tsx";
import { Pill } from "../../../components/parts.tsx";
import type { PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";
import type { Happening } from "./happenings.ts";

export interface RowProps {
  c: PortalContext;
  page: CustomerPage;
  row: Happening;
  canAct: boolean;
}

/** The frame of a row: when, what, and the access after it if it changed. */
export function Line({
  id,
  at,
  icon,
  tone,
  flip = null,
  action = null,
  children,
}: {
  id: string;
  at: number;
  icon: IconName;
  tone: string;
  flip?: FlipView | null;
  action?: Child;
  children: Child;
}) {
  return (
    <li id={id} class={tone}>
      <Clock at={at} />
      <Icon name={icon} />
      <div>{children}</div>
      <div class="after">
        {action}
        {flip === null ? null : (
          <Pill tone={toFlipTone(flip)}>{flip.after.allowed ? "Allowed" : "Denied"}</Pill>
        )}
      </div>
    </li>
  );
}

export const toFlipTone = ({ after }: FlipView) => (after.allowed ? "good" : "bad");
export const toFlipIcon = ({ after }: FlipView): IconName => (after.allowed ? "circle-check" : "circle-x");
