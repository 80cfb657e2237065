/** The parts of the address check that depend on the environment. */
export interface AddressPolicy {
  /** Development only: allows loopback by name or number, on any port, also without TLS. */
  allowsLoopback: boolean;
  /** Licenzy's own hosts, without port. */
  ownHosts: readonly string[];
}

export type EndpointUrlCheck =
  | { outcome: "ok"; url: URL; isLoopback: boolean }
  | { outcome: "refused"; message: string };

const maxUrlLength = 2_000;
const ports = ["", "8443"];
const reservedSuffixes = [".local", ".internal", ".localhost"];

/**
 * Returns whether an endpoint may have this URL, without any I/O. Called when the endpoint is saved and
 * before every attempt. The attempt also checks the addresses that the name resolves to (`isPublicAddress`).
 */
export function checkEndpointUrl(text: string, policy: AddressPolicy): EndpointUrlCheck {
  const refused = (message: string): EndpointUrlCheck => ({ outcome: "refused", message });
  if (text.length > maxUrlLength) return refused(`The URL is longer than ${maxUrlLength} characters.`);
  const url = parseUrl(text);
  if (url === null)
    return refused("This is not a URL. Enter a full URL, such as https://example.com/webhooks.");
  if (url.username !== "" || url.password !== "")
    return refused("The URL must not contain a user name or password. Requests are signed instead.");
  if (url.hash !== "") return refused("The URL must not contain a fragment (#…). Fragments are never sent.");
  // The URL parser normalizes every IPv4 notation (0x7f.1, 2130706433, 0177.0.0.1, １２７.0.0.1) to dotted form.
  const host = url.hostname.replace(/\.+$/, "");
  if (policy.allowsLoopback && isLoopbackHost(host) && /^https?:$/.test(url.protocol))
    return { outcome: "ok", url, isLoopback: true };
  if (url.protocol !== "https:") return refused("The URL must begin with https://");
  if (!ports.includes(url.port)) return refused("The port must be 443 (the default) or 8443.");
  if (host.startsWith("[") || /^[\d.]+$/.test(host))
    return refused("The host must be a name, not an IP address.");
  if (!host.includes(".")) return refused("The host must be a full domain name that public DNS can resolve.");
  if (reservedSuffixes.some((suffix) => host.endsWith(suffix)))
    return refused(`Host names ending in ${reservedSuffixes.join(", ")} are not public.`);
  if (policy.ownHosts.includes(host))
    return refused("This host belongs to Licenzy. Enter the URL of your own endpoint.");
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
