import { errorMessage } from "../../../shared/kit/log.ts";
import { OwnFaultError } from "../../../shared/kit/own-fault.ts";

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
 * Returns every IPv4 and IPv6 address of a name, or an empty list. Throws when the addresses are unknown: nothing may
 * then be sent. `OwnFaultError` when the resolver does not answer, which says nothing about the name. Another error when
 * it answers that the name's own servers fail (`SERVFAIL`, `REFUSED`) or that the name is malformed.
 */
export async function resolveName(name: string): Promise<string[]> {
  const answers = await Promise.all([query(name, "A"), query(name, "AAAA")]);
  return answers.flat();
}

async function query(name: string, type: keyof typeof addressTypes): Promise<string[]> {
  const { Status, Answer = [] } = await callResolver(name, type);
  if (Status !== 0 && Status !== 3) throw new Error(`the DNS resolver returned DNS status ${Status}`);
  return Answer.filter((record) => record.type === addressTypes[type]).map((record) => record.data);
}

async function callResolver(name: string, type: keyof typeof addressTypes): Promise<DnsReply> {
  let reply: Response;
  try {
    reply = await fetch(`${resolverUrl}?name=${encodeURIComponent(name)}&type=${type}`, {
      headers: { accept: "application/dns-json" },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (reply.ok) return (await reply.json()) as DnsReply;
  } catch (error) {
    throw new OwnFaultError(`The DNS resolver did not answer: ${errorMessage(error)}.`);
  }
  if (reply.status === 400) throw new Error("the DNS resolver takes it for malformed");
  throw new OwnFaultError(`The DNS resolver returned HTTP ${reply.status}.`);
}
