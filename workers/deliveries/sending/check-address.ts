import { type AddressPolicy, checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import { isPublicAddress } from "../../../shared/webhooks/public-address.ts";

export type AddressCheck =
  | { outcome: "ok"; url: URL }
  | { outcome: "refused"; error: "blocked_address" | "dns"; message: string };

/**
 * The address guard, before each attempt: the rules for URLs again (they may have become stricter since it was saved),
 * then every address that the name has. One that is not public refuses them all: which of them the connection will take
 * is not ours to choose. The name is resolved once more by the connection itself; what could differ then is refused by
 * the flag `global_fetch_strictly_public`.
 */
export async function checkAddress(
  text: string,
  policy: AddressPolicy,
  resolve: (name: string) => Promise<string[]>,
): Promise<AddressCheck> {
  const checked = checkEndpointUrl(text, policy);
  if (checked.outcome === "refused")
    return { outcome: "refused", error: "blocked_address", message: checked.message };
  const { url, isLoopback } = checked;
  if (isLoopback) return { outcome: "ok", url };
  let addresses: string[];
  try {
    addresses = await resolve(url.hostname);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { outcome: "refused", error: "dns", message: `${url.hostname} could not be looked up: ${why}` };
  }
  if (addresses.length === 0)
    return { outcome: "refused", error: "dns", message: `${url.hostname} has no address` };
  const special = addresses.find((address) => !isPublicAddress(address));
  if (special !== undefined)
    return {
      outcome: "refused",
      error: "blocked_address",
      message: `${url.hostname} leads to ${special}, which is not a public address`,
    };
  return { outcome: "ok", url };
}
