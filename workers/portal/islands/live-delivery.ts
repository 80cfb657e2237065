import { askEveryMs, liveForMs, meaningOf } from "./live-rules.ts";

const live = `Live: looked at every ${askEveryMs / 1_000} seconds.`;
const unreachable = "Can't be reached at the moment; asked again.";
const refused = "No longer live: you are signed out, or it is gone.";
const tooLong = `No longer live, after ${liveForMs / 60_000} minutes.`;

/**
 * Shows what becomes of a delivery: asks the server for the part of the page that tells it, while somebody can see it,
 * until its end. Ends also after a while, and as soon as the server refuses.
 */
export function followDelivery(enhance: (part: ParentNode) => void): void {
  const note = document.querySelector<HTMLElement>("[data-live-note]");
  const part = document.querySelector<HTMLElement>("[data-live]");
  if (note === null || part === null) return;
  void follow(part, note, enhance).then(() => note.parentElement?.classList.remove("live"));
}

async function follow(first: HTMLElement, note: HTMLElement, enhance: (part: ParentNode) => void) {
  // The note is a live region: a screen reader says what is new in it, when nothing else is being said.
  const say = (text: string) => {
    if (note.textContent !== text) note.textContent = text;
  };
  const until = performance.now() + liveForMs;
  let shown = first;
  let told = live;
  say(told);
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    await visible();
    const answer = await ask(shown.dataset["live"] ?? "");
    if (answer === "stop") return say(refused);
    if (answer === "again") {
      say(unreachable);
      continue;
    }
    if (answer.dataset["version"] !== shown.dataset["version"]) {
      enhance(answer);
      replace(shown, answer);
      shown = answer;
      told = answer.dataset["said"] ?? live;
    }
    say(told);
    if (answer.dataset["atEnd"] !== undefined) return;
  }
  say(tooLong);
}

/** Resolves while the tab can be seen. */
function visible(): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) =>
    document.addEventListener("visibilitychange", () => resolve(), { once: true }),
  );
}

async function ask(address: string): Promise<HTMLElement | "again" | "stop"> {
  try {
    const reply = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    const meaning = meaningOf(reply);
    if (meaning !== "show") return meaning;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    return page.querySelector<HTMLElement>("[data-live]") ?? "again";
  } catch {
    // The network, or a server that takes too long: the line on the page says so.
    return "again";
  }
}

/** Puts the new part in the old one's place; what was opened stays open, and the focus where it was. */
function replace(old: HTMLElement, fresh: HTMLElement): void {
  for (const { id } of old.querySelectorAll<HTMLDetailsElement>("details[open]"))
    fresh.querySelector(`details#${id}`)?.setAttribute("open", "");
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (focused === null) return;
  const alike = [...fresh.querySelectorAll<HTMLElement>(focused.localName)].find(
    (candidate) => nameOf(candidate) === nameOf(focused),
  );
  (alike ?? fresh).focus({ preventScroll: true });
}

function nameOf(element: Element): string {
  const name = element.getAttribute("aria-label") ?? element.getAttribute("href") ?? element.textContent;
  return `${element.closest("details")?.id}: ${name}`;
}
