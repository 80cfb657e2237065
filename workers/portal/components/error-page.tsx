import type { PortalContext } from "../request-context.ts";
import { renderPage, renderSignedOutPage } from "./layout.tsx";

/**
 * Shows what went wrong and what to do, inside the app layout for signed-in members. Never shows a stack
 * trace.
 */
export function renderErrorPage(
  c: PortalContext,
  status: 401 | 403 | 404 | 409 | 422 | 429 | 502 | 503,
  title: string,
  text: string,
) {
  const body = (
    <section class="error">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a class="button" href="/">
          Go to overview
        </a>
      </p>
    </section>
  );
  return c.get("member") === undefined
    ? renderSignedOutPage(c, { title, status }, body)
    : renderPage(c, { title, status }, body);
}
