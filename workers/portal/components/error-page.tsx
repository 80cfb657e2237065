import type { PortalContext } from "../request-context.ts";
import { page, plainPage } from "./frame.tsx";

/**
 * Shows what went wrong and what to do, inside the app layout for signed-in members. Never shows a stack
 * trace.
 */
export function errorPage(
  c: PortalContext,
  status: 401 | 403 | 404 | 409 | 422 | 502 | 503,
  title: string,
  text: string,
) {
  const body = (
    <section class="error">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a class="button" href="/">
          To the start
        </a>
      </p>
    </section>
  );
  return c.get("member") === undefined
    ? plainPage(c, { title, status }, body)
    : page(c, { title, status }, body);
}
