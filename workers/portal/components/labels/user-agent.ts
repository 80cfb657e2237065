/** Browsers by the mark that only they have. The first match counts: most browsers also name the ones they descend from. */
const browsers: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\b(Edg|EdgA|EdgiOS)\//, "Edge"],
  [/\b(OPR|Opera)\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\bHeadlessChrome\//, "Chrome (automated)"],
  [/\b(Chrome|CriOS|Chromium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const systems: readonly (readonly [mark: RegExp, name: string])[] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
];

const find = (table: typeof browsers, agent: string) => table.find(([mark]) => mark.test(agent))?.[1];

/** Returns the browser and operating system that a user agent names, such as `Chrome on macOS`. */
export function describeUserAgent(userAgent: string | null): string {
  const agent = userAgent ?? "";
  const browser = find(browsers, agent);
  const system = find(systems, agent);
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`;
  // The first word names the program: `curl/8.5.0`, `node`.
  const program = /^[\w.-]{1,40}/.exec(agent)?.[0];
  return program === undefined ? "Unknown browser" : `Script (${program})`;
}
