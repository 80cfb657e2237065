import type { Mode } from "../../../shared/contract/words.ts";
import type { Member } from "../request-context.ts";
import { projectPath } from "../request-context.ts";

export interface NavigationPlace {
  projectId: string;
  mode: Mode;
}

interface Item {
  label: string;
  href: string;
}

const operate: [string, string][] = [
  ["Overview", ""],
  ["Customers", "/customers"],
  ["Stripe events", "/events"],
  ["Deliveries", "/deliveries"],
];

const configure: [string, string][] = [
  ["Products", "/products"],
  ["API keys", "/keys"],
  ["Stripe connection", "/stripe"],
  ["Webhook endpoints", "/webhooks"],
  ["Go live", "/go-live"],
  ["Settings", "/settings"],
  ["Data check", "/data"],
];

const ofAccount: Item[] = [
  { label: "Projects", href: "/projects" },
  { label: "Team", href: "/team" },
  { label: "Plan", href: "/plan" },
  { label: "Audit log", href: "/audit" },
  { label: "Your sign-in", href: "/account" },
];

/** Every page that can be gone to, in three groups. The same list serves the side, the menu and the palette. */
export function Navigation({ place, path }: { place: NavigationPlace | null; path: string }) {
  const inPlace = (items: [string, string][]): Item[] =>
    place === null
      ? []
      : items.map(([label, page]) => ({ label, href: projectPath(place.projectId, place.mode, page) }));
  return (
    <nav aria-label="Main">
      <Group name="Operate" items={inPlace(operate)} path={path} />
      <Group name="Configure" items={inPlace(configure)} path={path} />
      <Group name="Account" items={ofAccount} path={path} />
    </nav>
  );
}

function Group({ name, items, path }: { name: string; items: Item[]; path: string }) {
  if (items.length === 0) return null;
  const current = bestMatch(items, path);
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

/** The longest address that the path begins with: the list's entry stays lit on a page below it. */
function bestMatch(items: Item[], path: string): string | undefined {
  return items
    .map(({ href }) => href)
    .filter((href) => path === href || (path.startsWith(`${href}/`) && !/^\/p\/[^/]+\/[^/]+$/.test(href)))
    .sort((a, b) => b.length - a.length)[0];
}

/** The project that is open, and the way to the others. */
export function ProjectSwitcher({ member, place }: { member: Member; place: NavigationPlace | null }) {
  const open = member.projects.filter(({ archivedAt }) => archivedAt === null);
  const current = member.projects.find(({ projectId }) => projectId === place?.projectId);
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
              href={projectPath(projectId, place?.mode ?? "test")}
              aria-current={projectId === place?.projectId ? "true" : undefined}
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
