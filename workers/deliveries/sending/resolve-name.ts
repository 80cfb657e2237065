/** DNS over HTTPS: a Worker has no resolver of its own, and must see the addresses before it connects. */
const resolver = "https://cloudflare-dns.com/dns-query";
const timeoutMs = 3_000;

const addressTypes = { A: 1, AAAA: 28 };

interface DnsReply {
  /** 0: answered. 3: there is no such name. */
  Status: number;
  Answer?: { type: number; data: string }[];
}

/**
 * Every IPv4 and IPv6 address of a name; empty when it has none. Throws when the resolver does not answer, or not to the
 * point: then nothing is known, and nothing may be sent.
 */
export async function resolveName(name: string): Promise<string[]> {
  const answers = await Promise.all([query(name, "A"), query(name, "AAAA")]);
  return answers.flat();
}

async function query(name: string, type: keyof typeof addressTypes): Promise<string[]> {
  const reply = await fetch(`${resolver}?name=${encodeURIComponent(name)}&type=${type}`, {
    headers: { accept: "application/dns-json" },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!reply.ok) throw new Error(`the resolver answered ${reply.status}`);
  const { Status, Answer = [] } = (await reply.json()) as DnsReply;
  if (Status !== 0 && Status !== 3) throw new Error(`the resolver answered with DNS status ${Status}`);
  return Answer.filter((record) => record.type === addressTypes[type]).map((record) => record.data);
}
