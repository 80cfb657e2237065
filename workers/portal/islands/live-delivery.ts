import { classifyResponse, maxPollingMs, pollIntervalMs } from "./live-rules.ts";

const live = "Live";
const unreachable = "Reconnecting…";
const refused = "Live updates stopped. Reload to continue.";
const tooLong = `Live updates stopped after ${maxPollingMs / 60_000} minutes. Reload to continue.`;

/**
 * Updates a delivery's status by polling the server while the tab is visible. Stops when the delivery ends,
 * after `liveForMs`, or when the server rejects the request.
 */
export function followDelivery(enhance: (part: ParentNode) => void): void {
  const note = document.querySelector<HTMLElement>("[data-live-note]");
  const part = document.querySelector<HTMLElement>("[data-live]");
  if (note === null || part === null) return;
  void follow(part, note, enhance).then(() => note.parentElement?.classList.remove("live"));
}

async function follow(first: HTMLElement, note: HTMLElement, enhance: (part: ParentNode) => void) {
  // The note is a live region. Screen readers announce new text when they are idle.
  const say = (text: string) => {
    if (note.textContent !== text) note.textContent = text;
  };
  const until = performance.now() + maxPollingMs;
  let shown = first;
  let message = live;
  say(message);
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    await waitUntilVisible();
    const answer = await fetchPart(shown.dataset["live"] ?? "");
    if (answer === "stop") return say(refused);
    if (answer === "again") {
      say(unreachable);
      continue;
    }
    if (answer.dataset["version"] !== shown.dataset["version"]) {
      enhance(answer);
      replace(shown, answer);
      shown = answer;
      message = answer.dataset["said"] ?? live;
    }
    say(message);
    if (answer.dataset["atEnd"] !== undefined) return;
  }
  say(tooLong);
}

/** Resolves once the tab is visible. */
function waitUntilVisible(): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) =>
    document.addEventListener("visibilitychange", () => resolve(), { once: true }),
  );
}

async function fetchPart(address: string): Promise<HTMLElement | "again" | "stop"> {
  try {
    const reply = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(10_000) });
    const meaning = classifyResponse(reply);
    if (meaning !== "show") return meaning;
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    return page.querySelector<HTMLElement>("[data-live]") ?? "again";
  } catch {
    // The network failed, or the server took too long. The note on the page reports it.
    return "again";
  }
}

/** Replaces a part of the page. Keeps its details open and restores the focus. */
function replace(old: HTMLElement, fresh: HTMLElement): void {
  for (const { id } of old.querySelectorAll<HTMLDetailsElement>("details[open]"))
    fresh.querySelector(`details#${id}`)?.setAttribute("open", "");
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (focused === null) return;
  const counterpart = [...fresh.querySelectorAll<HTMLElement>(focused.localName)].find(
    (candidate) => identify(candidate) === identify(focused),
  );
  (counterpart ?? fresh).focus({ preventScroll: true });
}

function identify(element: Element): string {
  const name = element.getAttribute("aria-label") ?? element.getAttribute("href") ?? element.textContent;
  return `${element.closest("details")?.id}: ${name}`;
}
