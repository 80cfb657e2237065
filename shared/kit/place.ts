/**
 * Returns the IPv4 address, or the /64 network of an IPv6 address: one customer of a provider has all of it.
 */
export function toPlace(ipAddress: string): string {
  if (!ipAddress.includes(":") || ipAddress.includes(".")) return ipAddress;
  const [head = "", tail] = ipAddress.toLowerCase().split("::");
  const groups = (text: string | undefined) => (text ?? "").split(":").filter((group) => group !== "");
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0");
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
