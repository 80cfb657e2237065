import type { Scope } from "../../../shared/contract/scope.ts";
import type { Member } from "../request-context.ts";
import { buildProjectPath } from "../request-context.ts";

interface Item {
  label: string;
  href: string;
}

const operatePages: [string, string][] = [
  ["Overview", ""],
  ["Customers", "/customers"],
  ["Stripe events", "/events"],
  ["Deliveries", "/deliveries"],
];

const configurePages: [string, string][] = [
  ["Products", "/products"],
  ["API keys", "/keys"],
  ["Stripe connection", "/stripe"],
  ["Webhook endpoints", "/webhooks"],
  ["Go live", "/go-live"],
  ["Settings", "/settings"],
  ["Data check", "/data"],
];

const accountItems: Item[] = [
  { label: "Projects", href: "/projects" },
  { label: "Team", href: "/team" },
  { label: "Plan", href: "/plan" },
  { label: "Audit log", href: "/audit" },
  { label: "Your sign-in", href: "/account" },
];

/**
 * Links to every page, in three groups. The same list serves the sidebar, the menu and the command palette.
 */
export function Navigation({ scope, path }: { scope: Scope | null; path: string }) {
  const toItems = (items: [string, string][]): Item[] =>
    scope === null
      ? []
      : items.map(([label, page]) => ({ label, href: buildProjectPath(scope.projectId, scope.mode, page) }));
  return (
    <nav aria-label="Main">
      <Group name="Operate" items={toItems(operatePages)} path={path} />
      <Group name="Configure" items={toItems(configurePages)} path={path} />
      <Group name="Account" items={accountItems} path={path} />
    </nav>
  );
}

function Group({ name, items, path }: { name: string; items: Item[]; path: string }) {
  if (items.length === 0) return null;
  const current = findCurrentHref(items, path);
  return (
    <div class="group">
      <p class="group-name">{name}</p>
      <ul>
        {items.map(({ label, href }) => (
          <li>
            <a href={href} aria-current={href === current ? "page" : undefined}>
              {label}
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

/** Shows the current project and links to the others. */
export function ProjectSwitcher({ member, scope }: { member: Member; scope: Scope | null }) {
  const open = member.projects.filter(({ archivedAt }) => archivedAt === null);
  const current = member.projects.find(({ projectId }) => projectId === scope?.projectId);
  return (
    <details class="switcher">
      <summary>
        <span class="quiet">Project</span>
        <strong>{current?.name ?? "None open"}</strong>
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
          <a href="/projects">All projects…</a>
        </li>
      </ul>
    </details>
  );
}
