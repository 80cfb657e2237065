import { getCookie, setCookie } from "hono/cookie";
import type { Child } from "hono/jsx";
import { modes } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { cookieName, cookieOptions } from "../http/cookies.ts";
import { type Flash, takeFlash } from "../http/flash.ts";
import { buildProjectPath, type PortalContext } from "../request-context.ts";
import { renderDocument } from "./document.tsx";
import { Logo } from "./logo.tsx";
import { Navigation, ProjectSwitcher } from "./navigation.tsx";

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
            Skip to the page
          </a>
          <aside class="side" aria-label="Navigation">
            <Brand />
            <ProjectSwitcher member={member} scope={scope} />
            <Navigation scope={scope} path={path} />
            <SignedIn name={member.name} />
          </aside>
          <div class="content">
            <header class="bar">
              <details class="menu">
                <summary class="button small">Menu</summary>
                <div class="menu-body">
                  <ProjectSwitcher member={member} scope={scope} />
                  <Navigation scope={scope} path={path} />
                  <SignedIn name={member.name} />
                </div>
              </details>
              {scope === null ? <span class="spacer" /> : <SearchForm scope={scope} />}
              <ModeSwitch c={c} />
            </header>
            <main class="page" id="main" tabindex={-1}>
              {message === null ? null : <FlashLine flash={message} />}
              {children}
            </main>
          </div>
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

function SignedIn({ name }: { name: string }) {
  return (
    <form class="signed-in" method="post" action="/sign-out">
      <span class="quiet">{name}</span>
      <button class="button small" type="submit">
        Sign out
      </button>
    </form>
  );
}

function SearchForm({ scope }: { scope: Scope }) {
  const path = buildProjectPath(scope.projectId, scope.mode);
  return (
    <search class="find-place">
      <form class="find" action={`${path}/customers`} data-palette={`${path}/find`}>
        <input
          type="search"
          name="q"
          aria-label="Find a customer"
          placeholder="Customer, e-mail, Stripe id…"
          autocomplete="off"
        />
        <kbd data-needs-script hidden>
          Ctrl K
        </kbd>
      </form>
    </search>
  );
}

/** Shows the mode, and links to the same list in the other mode. */
function ModeSwitch({ c }: { c: PortalContext }) {
  const project = c.get("project");
  if (project === undefined) return <span class="pill">Account</span>;
  const mode = c.get("mode");
  const other = mode === "test" ? "live" : "test";
  // Links to the list of the current page. The record shown here need not exist in the other mode.
  const [, , , , list = ""] = c.req.path.split("/");
  return (
    <>
      <span class="pill mode">{mode === "live" ? "Live mode" : "Test mode"}</span>
      <a
        class="button small"
        href={buildProjectPath(project.projectId, other, list === "" ? "" : `/${list}`)}
      >
        Switch to {other}
      </a>
    </>
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
