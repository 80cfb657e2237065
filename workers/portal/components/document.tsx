import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Mode } from "../../../shared/contract/words.ts";
import { assetPaths } from "../http/assets.ts";

interface DocumentOptions {
  title: string;
  /** `account` where nothing of test or live is shown. */
  mode: Mode | "account";
  children?: Child;
}

/** A whole page. What differs by mode hangs on `data-mode`, so that no page can forget it. */
export function documentOf({ title, mode, children }: DocumentOptions) {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Licenzy</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href={assetPaths.css} />
        <script type="module" src={assetPaths.script} />
      </head>
      <body data-mode={mode}>{children}</body>
    </html>
  );
  return html`<!doctype html>${page}`;
}
