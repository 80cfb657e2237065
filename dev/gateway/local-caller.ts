const localNames = new Set(["localhost", "127.0.0.1"]);

/**
 * Returns whether a request for the controls comes from this machine's own tools or pages.
 *
 * Any web page open in a browser may send requests to localhost. `Origin` reveals a foreign page. `Host`
 * reveals a foreign domain name that resolves to 127.0.0.1.
 */
export function isLocalCaller(request: Request): boolean {
  const host = request.headers.get("host");
  if (host === null || !localNames.has(host.replace(/:\d+$/, ""))) return false;
  const origin = request.headers.get("origin");
  return origin === null || origin === `http://${host}`;
}
