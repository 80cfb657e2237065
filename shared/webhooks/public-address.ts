/**
 * An IP range that is not part of the public internet, from IANA's special-purpose registries (IPv4 and
 * IPv6). An address in doubt counts as not public.
 */
type Range = [first: string, prefixBits: number];

const specialV4: Range[] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // shared by carriers (CGNAT)
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, and the metadata services of clouds
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // IETF protocols
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
];

/**
 * Only 2000::/3 is routed at all. These ranges within it are not routed, or embed an IPv4 address that would
 * need its own check.
 */
const specialV6: Range[] = [
  ["2001::", 23], // IETF protocols, Teredo, benchmarks, ORCHID
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["3fff::", 20], // documentation
];

/** Returns whether requests may connect to `address`, as resolved by DNS. Invalid addresses give `false`. */
export function isPublicAddress(address: string): boolean {
  const v4 = parseV4(address);
  if (v4 !== null) return !specialV4.some(([first, bits]) => isWithin(v4, parseV4(first), bits));
  const v6 = parseV6(address);
  if (v6 === null || !isWithin(v6, parseV6("2000::"), 3)) return false;
  return !specialV6.some(([first, bits]) => isWithin(v6, parseV6(first), bits));
}

function isWithin(address: number[], first: number[] | null, bits: number): boolean {
  if (first === null) throw new Error("the table of special-purpose ranges contains an invalid address");
  return address.every((byte, index) => {
    const covered = Math.max(0, Math.min(8, bits - index * 8));
    const mask = (0xff << (8 - covered)) & 0xff;
    return (byte & mask) === ((first[index] ?? 0) & mask);
  });
}

function parseV4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return null;
  return parts.map(Number);
}

/** Parses an IPv6 address without zone to 16 bytes. The last 32 bits may be in IPv4 notation. */
function parseV6(text: string): number[] | null {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted !== null) {
    const v4 = parseV4(dotted[2] ?? "");
    if (v4 === null) return null;
    const [a = 0, b = 0, c = 0, d = 0] = v4;
    return parseV6(`${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...Array<string>(missing).fill("0"), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
