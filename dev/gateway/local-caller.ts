const localNames = new Set(["localhost", "127.0.0.1"]);

/**
 * Whether a request for the controls comes from this machine's own tools or pages. Any web page that a developer
 * has open may send requests to localhost: a foreign page is told by its `Origin`, and one that made its own name
 * resolve to 127.0.0.1 by the `Host`.
 */
export function isLocalCaller(request: Request): boolean {
  const host = request.headers.get("host");
  if (host === null || !localNames.has(host.replace(/:\d+$/, ""))) return false;
  const origin = request.headers.get("origin");
  return origin === null || origin === `http://${host}`;
}
