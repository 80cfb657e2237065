/** DNS over HTTPS, because a Worker has no resolver and must check the addresses before it connects. */
const resolverUrl = "https://cloudflare-dns.com/dns-query";
const timeoutMs = 3_000;

const addressTypes = { A: 1, AAAA: 28 };

interface DnsReply {
  /** 0: success. 3: the name does not exist. */
  Status: number;
  Answer?: { type: number; data: string }[];
}

/**
 * Returns every IPv4 and IPv6 address of a name, or an empty list. Throws when the resolver fails: the
 * addresses are then unknown, and nothing may be sent.
 */
export async function resolveName(name: string): Promise<string[]> {
  const answers = await Promise.all([query(name, "A"), query(name, "AAAA")]);
  return answers.flat();
}

async function query(name: string, type: keyof typeof addressTypes): Promise<string[]> {
  const reply = await fetch(`${resolverUrl}?name=${encodeURIComponent(name)}&type=${type}`, {
    headers: { accept: "application/dns-json" },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (!reply.ok) throw new Error(`the DNS resolver returned HTTP ${reply.status}`);
  const { Status, Answer = [] } = (await reply.json()) as DnsReply;
  if (Status !== 0 && Status !== 3) throw new Error(`the DNS resolver returned DNS status ${Status}`);
  return Answer.filter((record) => record.type === addressTypes[type]).map((record) => record.data);
}
