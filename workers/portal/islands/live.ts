import { localizeTimes } from "./times.ts";

const everyMs = 3_000;

/**
 * Keeps the parts of a page current whose subject is not at its end: the page is fetched again every few seconds while
 * somebody looks at it, and stops as soon as the fetched one says that nothing more will come.
 */
export function followLive(): void {
  if (document.querySelector("[data-live]") === null) return;
  const again = () => setTimeout(turn, everyMs);
  const turn = async () => {
    if (document.hidden) {
      document.addEventListener("visibilitychange", turn, { once: true });
      return;
    }
    const fresh = await fetchPage();
    if (fresh !== null) takeOver(fresh);
    if (fresh === null || fresh.querySelector("[data-live]") !== null) again();
  };
  again();
}

async function fetchPage(): Promise<Document | null> {
  try {
    const reply = await fetch(location.href);
    // Sent elsewhere: the session has ended, and the next click says so.
    if (!reply.ok || reply.redirected) return null;
    return new DOMParser().parseFromString(await reply.text(), "text/html");
  } catch {
    return null;
  }
}

function takeOver(fresh: Document): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-live-part]")) {
    const next = fresh.getElementById(part.id);
    // Nothing moves away under who is using it.
    if (next === null || part.contains(document.activeElement) || part.matches(":hover")) continue;
    localizeTimes(next);
    part.replaceWith(document.adoptNode(next));
  }
}
