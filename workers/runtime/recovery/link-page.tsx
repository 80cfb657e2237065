import { html, raw } from "hono/html";
import type { FC } from "hono/jsx";
import {
  type RecoveryPageName,
  recoveryButton,
  recoveryPages,
} from "../../../shared/contract/recovery-pages.ts";
import { sha256 } from "../../../shared/kit/hash.ts";
import { commonHeaders } from "../http/reply.ts";
import type { ApiContext } from "../request-context.ts";

/** A page of `recoveryPages`, with the moment that it names, in milliseconds since 1970. */
export type LinkPage =
  | { page: "ready"; expiresAt: number }
  | { page: "wait"; startsAt: number | null }
  | { page: Exclude<RecoveryPageName, "ready" | "wait"> };

/** In English and UTC: the page knows nothing of who reads it. */
const formatTime = (at: number): string =>
  new Intl.DateTimeFormat("en-US", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" }).format(at) +
  " UTC";

const style = `
:root { color-scheme: light dark; --ink: light-dark(#16181d, #e9eaee); --ink-2: light-dark(#565c69, #a5abb8);
  --paper: light-dark(#fff, #15171c); --ground: light-dark(#f6f7f9, #0e1014); --line: light-dark(#e3e6eb, #282c35);
  --accent: light-dark(#4338ca, #a5a0ff); --on-accent: light-dark(#fff, #0e1014) }
body { box-sizing: border-box; margin: 0; padding: 16px; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink);
  font: 16px/1.5 ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif }
main { box-sizing: border-box; width: min(440px, 100%); padding: 32px; background: var(--paper);
  border: 1px solid var(--line); border-radius: 12px }
h1 { margin: 0 0 8px; font-size: 20px } p { margin: 0 0 20px } p:last-child { margin: 0 }
form { margin: 0 0 16px }
small { color: var(--ink-2) }
button { width: 100%; min-height: 44px; border: 0; border-radius: 8px; background: var(--accent);
  color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer }
button:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px }
`;
const styleHash = btoa(String.fromCharCode(...sha256(style)));

/**
 * The page may post to itself and be sent on to Stripe: browsers apply `form-action` to redirects, and a checkout can be on
 * the merchant's own domain. No referrer, since the address is the link.
 */
const headers = {
  ...commonHeaders,
  "Content-Type": "text/html; charset=UTF-8",
  "Content-Security-Policy": `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'self' https:; frame-ancestors 'none'`,
  "Referrer-Policy": "no-referrer",
  "X-Robots-Tag": "noindex, nofollow, noarchive",
};

const retryAfterSeconds: Partial<Record<LinkPage["page"], number>> = { rate_limited: 600, unavailable: 30 };

export async function linkPageReply(c: ApiContext, page: LinkPage): Promise<Response> {
  const document = await html`<!doctype html>${<Page page={page} />}`;
  const retryAfter = retryAfterSeconds[page.page];
  return new Response(document.toString(), {
    status: recoveryPages[page.page].status,
    headers: {
      ...headers,
      "Request-Id": c.get("requestId"),
      ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
    },
  });
}

/** Sends the customer on to Stripe's page, without the address of the link. */
export function linkRedirect(c: ApiContext, url: string): Response {
  const { "Content-Type": _, ...rest } = headers;
  return new Response(null, {
    status: 303,
    headers: { ...rest, Location: url, "Request-Id": c.get("requestId") },
  });
}

const Page: FC<{ page: LinkPage }> = ({ page }) => {
  const { title, text } = recoveryPages[page.page];
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex, nofollow" />
        <title>{title}</title>
        <style>{raw(style)}</style>
      </head>
      <body>
        <main>
          <h1>{title}</h1>
          {page.page === "wait" && page.startsAt !== null ? (
            <p>It starts on {formatTime(page.startsAt)}.</p>
          ) : null}
          <p>{text}</p>
          {page.page === "ready" ? (
            <>
              <form method="post">
                <p>
                  <button type="submit">{recoveryButton}</button>
                </p>
              </form>
              <p>
                <small>This link works until {formatTime(page.expiresAt)}.</small>
              </p>
            </>
          ) : null}
        </main>
      </body>
    </html>
  );
};
