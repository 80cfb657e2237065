import { sha256Hex } from "../../../shared/kit/hash.ts";
import script from "../islands/.built/main.txt";
import type { PortalContext } from "../request-context.ts";
import base from "../styles/base.css";
import controls from "../styles/controls.css";
import customer from "../styles/customer.css";
import frame from "../styles/frame.css";
import inbox from "../styles/inbox.css";
import islandStyles from "../styles/islands.css";
import parts from "../styles/parts.css";
import tokens from "../styles/tokens.css";

const css = [tokens, base, frame, controls, parts, customer, inbox, islandStyles].join("\n");
const favicon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect width="20" height="20" rx="5" fill="#4338ca"/><path d="M6 5v10h8" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

/** Adds a hash of the content to the path, so that browsers may cache the file permanently. */
const versioned = (path: string, content: string) => `${path}?v=${sha256Hex(content).slice(0, 12)}`;

export const assetPaths = {
  css: versioned("/portal.css", css),
  script: versioned("/portal.js", script),
};

export const serveStylesheet = (c: PortalContext) => asset(c, css, "text/css");
export const serveScript = (c: PortalContext) => asset(c, script, "text/javascript");
export const serveIcon = (c: PortalContext) => asset(c, favicon, "image/svg+xml");

function asset(c: PortalContext, body: string, type: string): Response {
  return c.body(body, 200, {
    "Content-Type": `${type}; charset=utf-8`,
    "Cache-Control": "public, max-age=31536000, immutable",
  });
}
