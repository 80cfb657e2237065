import type { Child } from "hono/jsx";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";

const tabs = {
  activity: "Activity",
  usage: "Usage",
  payments: "Payments",
  webhooks: "Webhooks",
  api: "API response",
  notes: "Notes",
} as const;
export type Tab = keyof typeof tabs;

/** Returns the tab of the URL. Activity is the first and needs no parameter. */
export function readTab(c: PortalContext): Tab {
  const names = Object.keys(tabs) as Tab[];
  return names.find((name) => name === c.req.query("tab")) ?? "activity";
}

/** Shows one tab of the customer's page. Each is a link, so the server renders only what is shown. */
export function Tabs({
  c,
  subjectRef,
  chosen,
  counts,
  children,
}: {
  c: PortalContext;
  subjectRef: string;
  chosen: Tab;
  /** Shown next to the label, such as `3` or `100+`. */
  counts: Partial<Record<Tab, string>>;
  children?: Child;
}) {
  const path = buildCustomerPath(c, subjectRef);
  return (
    <section class="card" id="tabs" aria-label={tabs[chosen]}>
      <nav class="tabs" aria-label="Sections">
        {(Object.keys(tabs) as Tab[]).map((tab) => (
          <a
            href={`${path}${tab === "activity" ? "" : `?tab=${tab}`}#tabs`}
            aria-current={tab === chosen ? "page" : undefined}
          >
            {tabs[tab]}
            {counts[tab] === undefined ? null : <small class="tab-count">{counts[tab]}</small>}
          </a>
        ))}
      </nav>
      {children}
    </section>
  );
}
