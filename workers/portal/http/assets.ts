import font from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import script from "../islands/.built/main.txt";
import type { PortalContext } from "../request-context.ts";
import base from "../styles/base.css";
import bulk from "../styles/bulk.css";
import confirm from "../styles/confirm.css";
import controls from "../styles/controls.css";
import customer from "../styles/customer.css";
import customers from "../styles/customers.css";
import deliveries from "../styles/deliveries.css";
import frame from "../styles/frame.css";
import glance from "../styles/glance.css";
import inbox from "../styles/inbox.css";
import islandStyles from "../styles/islands.css";
import overview from "../styles/overview.css";
import parts from "../styles/parts.css";
import print from "../styles/print.css";
import tables from "../styles/tables.css";
import timeline from "../styles/timeline.css";
import times from "../styles/times.css";
import tokens from "../styles/tokens.css";

/** Adds a hash of the content to the path, so that browsers may cache the file permanently. */
const versioned = (path: string, content: string | Uint8Array) =>
  `${path}?v=${sha256Hex(content).slice(0, 12)}`;

const fontPath = versioned("/inter.woff2", new Uint8Array(font));

/** Declared here because the path contains a hash. `optional`, with a preload, never moves text that is shown. */
const fontFace = `@font-face {
  font-family: "Inter Variable";
  font-weight: 100 900;
  font-display: optional;
  src: url("${fontPath}") format("woff2");
}`;

const styles = [
  tokens,
  base,
  frame,
  controls,
  parts,
  tables,
  confirm,
  customer,
  glance,
  timeline,
  customers,
  deliveries,
  bulk,
  inbox,
  overview,
  times,
  islandStyles,
  print,
];
/** Without comments, indentation and line ends, which no browser needs. */
const css = [fontFace, ...styles]
  .join("\n")
  .replace(/\/\*[\s\S]*?\*\//g, "")
  .replace(/^\s+/gm, "")
  .replace(/ ?([{},;])\n/g, "$1");

/** The color of the icon in a browser's tab: test mode differs, so that its tabs are recognized. */
const iconColors = { test: "#b45309", live: "#4338ca", account: "#4338ca" } as const;

const drawIcon = (color: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect width="20" height="20" rx="5" fill="${color}"/><path d="M6 5v10h8" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export const assetPaths = {
  css: versioned("/portal.css", css),
  script: versioned("/portal.js", script),
  font: fontPath,
  icon: (mode: keyof typeof iconColors) => `/favicon.svg?mode=${mode}`,
};

export const serveStylesheet = (c: PortalContext) => asset(c, css, "text/css; charset=utf-8");
export const serveScript = (c: PortalContext) => asset(c, script, "text/javascript; charset=utf-8");
export const serveFont = (c: PortalContext) => asset(c, font, "font/woff2");
export const serveIcon = (c: PortalContext) =>
  asset(c, drawIcon(c.req.query("mode") === "test" ? iconColors.test : iconColors.live), "image/svg+xml");

function asset(c: PortalContext, body: string | ArrayBuffer, type: string): Response {
  return c.body(body, 200, {
    "Content-Type": type,
    "Cache-Control": "public, max-age=31536000, immutable",
  });
}
