import { getCookie, setCookie } from "hono/cookie";
import type { Child } from "hono/jsx";
import { modes } from "../../../shared/contract/words.ts";
import { type Flash, takeFlash } from "../http/flash.ts";
import { type PortalContext, projectPath } from "../request-context.ts";
import { documentOf } from "./document.tsx";
import { Logo } from "./logo.tsx";
import { Navigation, type NavigationPlace, ProjectSwitcher } from "./navigation.tsx";

interface PageOptions {
  title: string;
  status?: 200 | 401 | 403 | 404 | 409 | 422 | 502 | 503;
  /** Said on this page instead of the next one. */
  flash?: Flash;
}

/** A page inside the frame, for whoever is signed in. */
export function page(c: PortalContext, { title, status = 200, flash }: PageOptions, children: Child) {
  const member = c.get("member");
  const place = placeFor(c);
  const isPlaced = c.get("project") !== undefined;
  const mode = isPlaced ? c.get("mode") : "account";
  const said = flash ?? takeFlash(c);
  const path = c.req.path;
  return c.html(
    documentOf({
      title: isPlaced ? `${title} · ${c.get("project").name}` : title,
      mode,
      children: (
        <div class="shell">
          <a class="skip" href="#main">
            Skip to the page
          </a>
          <aside class="side" aria-label="Navigation">
            <Brand />
            <ProjectSwitcher member={member} place={place} />
            <Navigation place={place} path={path} />
            <SignedIn name={member.name} />
          </aside>
          <div class="content">
            <header class="bar">
              <details class="menu">
                <summary class="button small">Menu</summary>
                <div class="menu-body">
                  <ProjectSwitcher member={member} place={place} />
                  <Navigation place={place} path={path} />
                  <SignedIn name={member.name} />
                </div>
              </details>
              {place === null ? <span class="spacer" /> : <Find place={place} />}
              <ModeSwitch c={c} />
            </header>
            <main class="page" id="main" tabindex={-1}>
              {said === null ? null : <FlashLine flash={said} />}
              {children}
            </main>
          </div>
        </div>
      ),
    }),
    status,
  );
}

/** A page without the frame: signing in, setting up, and errors of who is not signed in. */
export function plainPage(c: PortalContext, { title, status = 200, flash }: PageOptions, children: Child) {
  const said = flash ?? takeFlash(c);
  return c.html(
    documentOf({
      title,
      mode: "account",
      children: (
        <main class="alone">
          <div class="alone-card">
            <Brand />
            {said === null ? null : <FlashLine flash={said} />}
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

function Find({ place }: { place: NavigationPlace }) {
  const path = projectPath(place.projectId, place.mode);
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

/** The mode as a word, and the same page in the other one. */
function ModeSwitch({ c }: { c: PortalContext }) {
  const project = c.get("project");
  if (project === undefined) return <span class="pill">Account</span>;
  const mode = c.get("mode");
  const other = mode === "test" ? "live" : "test";
  // The list that a page belongs to: what is open here need not exist in the other mode.
  const [, , , , list = ""] = c.req.path.split("/");
  return (
    <>
      <span class="pill mode">{mode === "live" ? "Live mode" : "Test mode"}</span>
      <a class="button small" href={projectPath(project.projectId, other, list === "" ? "" : `/${list}`)}>
        Switch to {other}
      </a>
    </>
  );
}

const cookieName = "licenzy.place";

/** The project and mode of the address; on the account's pages those that were open last, else the first project. */
function placeFor(c: PortalContext): NavigationPlace | null {
  const project = c.get("project");
  if (project !== undefined) {
    const place = { projectId: project.projectId, mode: c.get("mode") };
    const secure = new URL(c.req.url).protocol === "https:";
    const value = `${place.projectId}.${place.mode}`;
    setCookie(c, cookieName, value, {
      path: "/",
      httpOnly: true,
      sameSite: "Lax",
      secure,
      maxAge: 31_536_000,
    });
    return place;
  }
  return lastPlace(c);
}

export function lastPlace(c: PortalContext): NavigationPlace | null {
  const [projectId, word] = (getCookie(c, cookieName) ?? "").split(".");
  const { projects } = c.get("member");
  const open = projects.filter(({ archivedAt }) => archivedAt === null);
  const last = projects.find((candidate) => candidate.projectId === projectId) ?? open[0];
  if (last === undefined) return null;
  return { projectId: last.projectId, mode: modes.find((mode) => mode === word) ?? "test" };
}
