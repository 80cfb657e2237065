export interface PortalReply {
  status: number;
  headers: Headers;
  html: string;
  /** The target of a redirect, or `null`. */
  location: string | null;
}

/** A browser without scripts: keeps cookies, posts forms from the portal's origin, follows no redirect. */
export class PortalClient {
  private readonly cookies = new Map<string, string>();

  /** `headers` go with every request, for example the IP address that Cloudflare would report. */
  constructor(
    readonly origin: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  async get(path: string): Promise<PortalReply> {
    return this.send(path, {});
  }

  async post(path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) {
    return this.postRaw(path, new URLSearchParams(fields).toString(), headers);
  }

  /** Sends a body unchanged, also one that no browser would build from a form. */
  async postRaw(path: string, body: string, headers: Record<string, string> = {}): Promise<PortalReply> {
    return this.send(path, {
      method: "POST",
      headers: { Origin: this.origin, "Content-Type": "application/x-www-form-urlencoded", ...headers },
      body,
    });
  }

  /** Posts a form that must succeed, and confirms it where the portal requires so. Throws the text of the page otherwise. */
  async submit(path: string, fields: Record<string, string> = {}): Promise<PortalReply> {
    const first = await this.post(path, fields);
    const isOpen = first.html.includes('name="confirmed"');
    const reply = isOpen ? await this.post(path, { ...fields, confirmed: "yes" }) : first;
    const isDone = reply.status === 200 || reply.status === 303;
    if (!isDone) throw new Error(`POST ${path}: ${reply.status} ${sentencesOf(reply.html)}`);
    return reply;
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.submit("/sign-in", { email, password });
  }

  private async send(path: string, init: RequestInit): Promise<PortalReply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...this.headers, ...init.headers, ...(cookie === "" ? {} : { Cookie: cookie }) };
    const response = await fetch(this.origin + path, { ...init, headers, redirect: "manual" });
    // The types of the workers, which are loaded here too, lack this method of Node.
    const replied = response.headers as Headers & { getSetCookie(): string[] };
    for (const line of replied.getSetCookie()) this.keep(line);
    const { status } = response;
    return {
      status,
      headers: response.headers,
      html: await response.text(),
      location: replied.get("Location"),
    };
  }

  /** Sets a cookie as another party could. */
  plant(name: string, value: string): void {
    this.cookies.set(name, value);
  }

  /** Whether the browser has a cookie of this name. */
  has(name: string): boolean {
    return this.cookies.has(name);
  }

  private keep(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === "" || /max-age=0/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** Returns the value of a hidden field of a page. */
export function hiddenField(html: string, name: string): string {
  const value = new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1];
  if (value === undefined) throw new Error(`The page has no field ${name}: ${sentencesOf(html)}`);
  return value;
}

/** Returns the hidden fields of the form that posts to `action`, as a browser would send them. */
export function hiddenFields(html: string, action: string): Record<string, string> {
  const start = html.indexOf(`action="${escaped(action)}"`);
  if (start === -1) throw new Error(`The page has no form for ${action}: ${sentencesOf(html)}`);
  const form = html.slice(start, html.indexOf("</form>", start));
  const fields = form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map(([, name = "", value = ""]) => [name, unescaped(value)]));
}

/** The characters of a path that an attribute writes differently. */
const escaped = (path: string): string => path.replaceAll("&", "&amp;").replaceAll("'", "&#39;");

export const unescaped = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");

/** Returns the text of a page without markup: at most 500 characters, starting at its main part. */
export function sentencesOf(html: string): string {
  const main = html.slice(Math.max(0, html.indexOf("<main")));
  return main
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 500);
}
