/** What only the surroundings know of an address. */
export interface AddressPolicy {
  /** Development only: loopback, by name or number, any port, also without TLS. */
  mayBeLoopback: boolean;
  /** Where we are reachable ourselves, `host` without port. */
  ownHosts: readonly string[];
}

export type EndpointUrl =
  | { outcome: "ok"; url: URL; isLoopback: boolean }
  | { outcome: "refused"; message: string };

const longestUrl = 2_000;
const ports = ["", "8443"];
const reservedSuffixes = [".local", ".internal", ".localhost"];

/**
 * Whether an endpoint may have this URL, judged without any I/O; asked when it is saved and before every attempt. What
 * its name resolves to is judged at the attempt (`isPublicAddress`).
 */
export function checkEndpointUrl(text: string, policy: AddressPolicy): EndpointUrl {
  const refused = (message: string): EndpointUrl => ({ outcome: "refused", message });
  if (text.length > longestUrl) return refused(`The URL is longer than ${longestUrl} characters.`);
  const url = parseUrl(text);
  if (url === null) return refused("This is not a URL. Write it whole, like https://example.com/webhooks");
  if (url.username !== "" || url.password !== "")
    return refused("The URL must not hold a user name or password: requests are signed instead.");
  if (url.hash !== "") return refused("The URL must not have a fragment (#…): it would never be sent.");
  // The parser has turned every notation of an IPv4 address (0x7f.1, 2130706433, 0177.0.0.1, １２７.0.0.1) into dotted form.
  const host = url.hostname.replace(/\.$/, "");
  if (policy.mayBeLoopback && isLoopbackHost(host) && /^https?:$/.test(url.protocol))
    return { outcome: "ok", url, isLoopback: true };
  if (url.protocol !== "https:") return refused("The URL must begin with https://");
  if (!ports.includes(url.port)) return refused("The port must be 443 (the default) or 8443.");
  if (host.startsWith("[") || /^[\d.]+$/.test(host))
    return refused("The host must be a name, not an IP address.");
  if (!host.includes("."))
    return refused("The host must be a full domain name: it is looked up in the public DNS.");
  if (reservedSuffixes.some((suffix) => host.endsWith(suffix)))
    return refused(`Names that end in ${reservedSuffixes.join(", ")} are not public.`);
  if (policy.ownHosts.includes(host)) return refused("This is our own host: an endpoint must be yours.");
  return { outcome: "ok", url, isLoopback: false };
}

function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
