import { getCookie, setCookie } from "hono/cookie";
import type { Child } from "hono/jsx";
import { modes } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { cookieName, cookieOptions } from "../http/cookies.ts";
import { type Flash, takeFlash } from "../http/flash.ts";
import { getZone } from "../http/zone-cookie.ts";
import { buildProjectPath, type Member, type PortalContext } from "../request-context.ts";
import { renderDocument } from "./document.tsx";
import { Icon } from "./icon.tsx";
import { roleLabels } from "./labels/common.ts";
import { Logo } from "./logo.tsx";
import { LiveContext, ModeSwitch, TestModeBand } from "./mode.tsx";
import { Navigation, ProjectSwitcher } from "./navigation.tsx";
import { ZoneContext } from "./time.tsx";
import { ZoneOffer } from "./zone-offer.tsx";

interface PageOptions {
  title: string;
  status?: 200 | 401 | 403 | 404 | 409 | 422 | 429 | 502 | 503;
  /** Shown on this page. Other flashes are shown after the next redirect. */
  flash?: Flash;
}

/** Renders a page inside the app layout, for a signed-in member. */
export function renderPage(c: PortalContext, { title, status = 200, flash }: PageOptions, children: Child) {
  const member = c.get("member");
  const scope = resolveScope(c);
  const hasProject = c.get("project") !== undefined;
  const mode = hasProject ? c.get("mode") : "account";
  const message = flash ?? takeFlash(c);
  const path = c.req.path;
  return c.html(
    renderDocument({
      title: hasProject ? `${title} · ${c.get("project").name}` : title,
      mode,
      children: (
        <div class="shell">
          <a class="skip" href="#main">
            Skip to content
          </a>
          <aside class="side" aria-label="Navigation">
            <Brand />
            <ProjectSwitcher member={member} scope={scope} />
            <Navigation scope={scope} path={path} openAlerts={member.openAlerts} />
            <SignedIn member={member} />
          </aside>
          <div class="content">
            <TestModeBand c={c} />
            <header class="bar">
              <details class="menu">
                <summary class="button icon-only" aria-label="Menu">
                  <Icon name="menu" />
                </summary>
                <div class="menu-body">
                  <ProjectSwitcher member={member} scope={scope} />
                  <Navigation scope={scope} path={path} openAlerts={member.openAlerts} />
                  <SignedIn member={member} />
                </div>
              </details>
              {scope === null ? null : <SearchForm scope={scope} />}
              <ModeSwitch c={c} />
            </header>
            <main class="page" id="main" tabindex={-1}>
              {message === null ? null : <FlashLine flash={message} />}
              <ZoneContext.Provider value={getZone(c)}>
                <LiveContext.Provider value={mode === "live"}>{children}</LiveContext.Provider>
              </ZoneContext.Provider>
            </main>
          </div>
          <ZoneOffer c={c} />
        </div>
      ),
    }),
    status,
  );
}

/** Renders a page without navigation: sign-in, setup, and errors without a session. */
export function renderSignedOutPage(
  c: PortalContext,
  { title, status = 200, flash }: PageOptions,
  children: Child,
) {
  const message = flash ?? takeFlash(c);
  return c.html(
    renderDocument({
      title,
      mode: "account",
      children: (
        <main class="alone">
          <div class="alone-card">
            <Brand />
            {message === null ? null : <FlashLine flash={message} />}
            {children}
          </div>
        </main>
      ),
    }),
    status,
  );
}

function Brand() {
  return (
    <a class="brand" href="/">
      <Logo />
      Licenzy
    </a>
  );
}

function FlashLine({ flash }: { flash: Flash }) {
  return (
    <p class={`flash ${flash.tone}`} role={flash.tone === "bad" ? "alert" : "status"}>
      {flash.text}
    </p>
  );
}

function SignedIn({ member }: { member: Member }) {
  return (
    <form class="signed-in" method="post" action="/sign-out">
      <span class="avatar" aria-hidden="true">
        {initials(member.name)}
      </span>
      <span class="names">
        <strong>{member.name}</strong>
        <small>{roleLabels[member.role]}</small>
      </span>
      <button class="button icon-only plain" type="submit" aria-label="Sign out" title="Sign out">
        <Icon name="log-out" />
      </button>
    </form>
  );
}

/** Returns the first letters of the first and the last name. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("");
}

function SearchForm({ scope }: { scope: Scope }) {
  const path = buildProjectPath(scope.projectId, scope.mode);
  return (
    <search class="find-place">
      <form class="find" action={`${path}/customers`} data-palette={`${path}/find`}>
        <Icon name="search" />
        <input
          type="search"
          name="q"
          aria-label="Search customers"
          placeholder="Search by email, customer or any ID…"
          autocomplete="off"
        />
        <kbd data-needs-script hidden>
          Ctrl K
        </kbd>
      </form>
    </search>
  );
}

const placeMaxAgeSeconds = 365 * 24 * 60 * 60;

/**
 * Returns the scope of the URL. On account pages, returns the scope opened last, or else the first project.
 */
function resolveScope(c: PortalContext): Scope | null {
  const project = c.get("project");
  if (project !== undefined) {
    const scope = { projectId: project.projectId, mode: c.get("mode") };
    setCookie(
      c,
      cookieName(c, "place"),
      `${scope.projectId}.${scope.mode}`,
      cookieOptions(c, placeMaxAgeSeconds),
    );
    return scope;
  }
  return readLastScope(c);
}

export function readLastScope(c: PortalContext): Scope | null {
  const [projectId, word] = (getCookie(c, cookieName(c, "place")) ?? "").split(".");
  const { projects } = c.get("member");
  const open = projects.filter(({ archivedAt }) => archivedAt === null);
  const last = projects.find((candidate) => candidate.projectId === projectId) ?? open[0];
  if (last === undefined) return null;
  return { projectId: last.projectId, mode: modes.find((mode) => mode === word) ?? "test" };
}
