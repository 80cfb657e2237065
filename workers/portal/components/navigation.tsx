import type { Scope } from "../../../shared/contract/scope.ts";
import type { Member } from "../request-context.ts";
import { buildProjectPath } from "../request-context.ts";
import { Icon, type IconName } from "./icon.tsx";
import { formatCappedCount } from "./labels/common.ts";

interface Item {
  label: string;
  href: string;
  icon: IconName;
  badge?: number;
}

type PageItem = [label: string, page: string, icon: IconName];

const pageGroups: { name: string | null; pages: PageItem[] }[] = [
  {
    name: null,
    pages: [
      ["Overview", "", "layout-dashboard"],
      ["Inbox", "/inbox", "inbox"],
      ["Customers", "/customers", "users"],
    ],
  },
  {
    name: "Activity",
    pages: [
      ["Stripe events", "/events", "zap"],
      ["Deliveries", "/deliveries", "send"],
    ],
  },
  {
    name: "Developers",
    pages: [
      ["Products", "/products", "package"],
      ["API keys", "/keys", "key-round"],
      ["Webhooks", "/webhooks", "webhook"],
      ["Stripe", "/stripe", "credit-card"],
    ],
  },
  {
    name: "Project",
    pages: [
      ["Settings", "/settings", "settings"],
      ["Go-live checklist", "/go-live", "rocket"],
      ["Access audit", "/access-audit", "circle-check"],
      ["Shadow", "/shadow", "git-compare-arrows"],
      ["Data integrity", "/data", "shield-check"],
    ],
  },
];

const accountItems: Item[] = [
  { label: "Projects", href: "/projects", icon: "folder-kanban" },
  { label: "Team", href: "/team", icon: "user-cog" },
  { label: "Plan", href: "/plan", icon: "wallet-cards" },
  { label: "Audit log", href: "/audit", icon: "scroll-text" },
  { label: "Account & security", href: "/account", icon: "sliders-horizontal" },
  { label: "Documentation", href: "/docs/", icon: "book-open" },
];

/** Links to every page, in groups. The same list serves the sidebar, the menu and the command palette. */
export function Navigation({
  scope,
  path,
  openAlerts,
}: {
  scope: Scope | null;
  path: string;
  openAlerts: number;
}) {
  return (
    <nav class="main-nav" aria-label="Main">
      {scope === null
        ? null
        : pageGroups.map(({ name, pages }) => (
            <Group
              name={name}
              items={pages.map(([label, page, icon]) => ({
                label,
                icon,
                href: buildProjectPath(scope.projectId, scope.mode, page),
                ...(page === "/inbox" && openAlerts > 0 ? { badge: openAlerts } : {}),
              }))}
              path={path}
            />
          ))}
      <Group name="Account" items={accountItems} path={path} />
    </nav>
  );
}

function Group({ name, items, path }: { name: string | null; items: Item[]; path: string }) {
  const current = findCurrentHref(items, path);
  return (
    <div class="group">
      {name === null ? null : <p class="group-name">{name}</p>}
      <ul>
        {items.map(({ label, href, icon, badge }) => (
          <li>
            <a href={href} aria-current={href === current ? "page" : undefined}>
              <Icon name={icon} />
              {label}
              {badge === undefined ? null : (
                <span class="badge">
                  {formatCappedCount(badge)}
                  <span class="visually-hidden"> open</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

/**
 * Returns the longest link that the path begins with. A list's entry stays highlighted on the pages below
 * it.
 */
function findCurrentHref(items: Item[], path: string): string | undefined {
  return items
    .map(({ href }) => href)
    .filter((href) => path === href || (path.startsWith(`${href}/`) && !/^\/p\/[^/]+\/[^/]+$/.test(href)))
    .sort((a, b) => b.length - a.length)[0];
}

/** Shows the current project with its account, and links to the others. */
export function ProjectSwitcher({ member, scope }: { member: Member; scope: Scope | null }) {
  const open = member.projects.filter(({ archivedAt }) => archivedAt === null);
  const current = member.projects.find(({ projectId }) => projectId === scope?.projectId);
  return (
    <details class="switcher">
      <summary>
        <span class="names">
          <strong>{current?.name ?? "No project"}</strong>
          <small>{member.accountName}</small>
        </span>
        <Icon name="chevrons-up-down" />
      </summary>
      <ul>
        {open.map(({ projectId, name }) => (
          <li>
            <a
              href={buildProjectPath(projectId, scope?.mode ?? "test")}
              aria-current={projectId === scope?.projectId ? "true" : undefined}
            >
              {name}
            </a>
          </li>
        ))}
        <li>
          <a href="/projects">All projects</a>
        </li>
      </ul>
    </details>
  );
}
