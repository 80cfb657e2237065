import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Mode } from "../../../shared/contract/enums.ts";
import { assetPaths } from "../http/assets.ts";

const lastElement = "page-end";
/**
 * A slow browser would paint half a page, and move it when the rest is parsed. Not JSX: Hono leaves out `blocking`, which is
 * for its own handling of styles.
 */
const waitForWholePage = html`<link rel="expect" href="#${lastElement}" blocking="render" />`;

interface DocumentOptions {
  title: string;
  /** `account` on pages that show neither test nor live data. */
  mode: Mode | "account";
  children?: Child;
}

/**
 * Renders a whole HTML document. Styles that differ by mode depend on `data-mode`, so that no page can omit
 * them.
 */
export function renderDocument({ title, mode, children }: DocumentOptions) {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>{mode === "account" ? title : `${title} · ${mode}`} · Licenzy</title>
        <link rel="icon" href={assetPaths.icon(mode)} type="image/svg+xml" />
        <link rel="preload" href={assetPaths.font} as="font" type="font/woff2" crossorigin="anonymous" />
        <link rel="stylesheet" href={assetPaths.css} />
        <script type="module" src={assetPaths.script} />
        {waitForWholePage}
      </head>
      <body data-mode={mode}>
        {children}
        <span id={lastElement} hidden />
      </body>
    </html>
  );
  return html`<!doctype html>${page}`;
}
