import { OwnFaultError } from "../../../shared/kit/own-fault.ts";
import { type AddressPolicy, checkEndpointUrl } from "../../../shared/webhooks/endpoint-url.ts";
import { isPublicAddress } from "../../../shared/webhooks/public-address.ts";

export type AddressCheck =
  | { outcome: "ok"; url: URL }
  | { outcome: "refused"; error: "blocked_address" | "dns"; message: string };

/**
 * Checks the address of an endpoint before each attempt. Applies the URL rules again, because they may have
 * become stricter since the endpoint was saved. Then resolves the name: one address that is not public
 * refuses the attempt, because Licenzy cannot choose which address the connection uses. The connection
 * resolves the name again; the flag `global_fetch_strictly_public` refuses an address that has changed in
 * between. Throws the `OwnFaultError` of a resolver that does not answer: the endpoint is not at fault.
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
    if (error instanceof OwnFaultError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return { outcome: "refused", error: "dns", message: `${url.hostname} could not be resolved: ${reason}` };
  }
  if (addresses.length === 0)
    return { outcome: "refused", error: "dns", message: `${url.hostname} has no address` };
  const nonPublic = addresses.find((address) => !isPublicAddress(address));
  if (nonPublic !== undefined)
    return {
      outcome: "refused",
      error: "blocked_address",
      message: `${url.hostname} resolves to ${nonPublic}, which is not a public address`,
    };
  return { outcome: "ok", url };
}
