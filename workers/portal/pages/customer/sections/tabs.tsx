import type { Child } from "hono/jsx";
import { Tabs } from "../../../components/tabs.tsx";
import type { PortalContext } from "../../../request-context.ts";
import { linkToPage } from "../page-link.tsx";

const tabs = {
  activity: "Activity",
  usage: "Usage",
  payments: "Payments",
  webhooks: "Webhooks",
  api: "API response",
  notes: "Notes",
} as const;
export type CustomerTab = keyof typeof tabs;

/** Returns the tab of the URL. Activity is the first and needs no parameter. */
export function readTab(c: PortalContext): CustomerTab {
  const names = Object.keys(tabs) as CustomerTab[];
  return names.find((name) => name === c.req.query("tab")) ?? "activity";
}

/** Shows one tab of the customer's page. */
export function TabPanel({
  c,
  subjectRef,
  chosen,
  counts,
  children,
}: {
  c: PortalContext;
  subjectRef: string;
  chosen: CustomerTab;
  counts: Partial<Record<CustomerTab, string | undefined>>;
  children?: Child;
}) {
  return (
    <section class="card" id="tabs" aria-label={tabs[chosen]}>
      <Tabs
        label="Sections"
        tabs={(Object.keys(tabs) as CustomerTab[]).map((tab) => ({
          label: tabs[tab],
          href: linkToPage(c, subjectRef, { tab: tab === "activity" ? undefined : tab }, "#tabs"),
          isCurrent: tab === chosen,
          count: counts[tab],
        }))}
      />
      {children}
    </section>
  );
}
