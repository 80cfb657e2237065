import { type PortalClient, type PortalReply, unescaped } from "../../../../dev/seed/portal-client.ts";
import type { Route } from "../../../../workers/portal/auth/route.ts";
import { routes } from "../../../../workers/portal/routes.ts";

/** A browser of the fuzz with what its operator would type into a field that a page leaves empty. */
export interface Actor {
  name: string;
  portal: PortalClient;
  /** By the field's name; the others get a plausible value of their type. */
  types: Record<string, string>;
}

export interface FoundForm {
  actor: Actor;
  route: Route;
  /** The address that the form posts to. */
  action: string;
  /** As a browser sends it when every empty field was filled. */
  fields: [name: string, value: string][];
  /** Shows the form again, with present versions and ids. */
  show: () => Promise<PortalReply>;
}

/** The route of an address; the first one of the table wins, as in the app. */
function findRoute(method: Route["method"], path: string): Route | undefined {
  return routes.find((route) => route.method === method && toPattern(route.path).test(path));
}

const toPattern = (path: string): RegExp => new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`);

/** The name of a route with the action of a customer's page: each action has its form. */
export function describeForm(route: Route, action: string): string {
  const named = /\/customers\/[^/]+\/([^/]+)(\/preview)?$/.exec(action);
  const path = route.path.includes(":action")
    ? route.path.replace(":action", named?.[1] ?? ":action")
    : route.path;
  return `${route.method} ${path}`;
}

/** Finds the posted forms of a page. */
export function findForms(actor: Actor, { html }: PortalReply, show: FoundForm["show"]): FoundForm[] {
  const found: FoundForm[] = [];
  for (const [, attributes = "", content = ""] of html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
    if (!/method="post"/.test(attributes)) continue;
    const action = unescaped(/action="([^"?#]*)/.exec(attributes)?.[1] ?? "");
    // A button of the development gateway.
    if (action.startsWith("/__dev/")) continue;
    const route = findRoute("POST", action);
    if (route === undefined) throw new Error(`A page has a form for ${action}, which no route takes`);
    const fields = readFields(content, actor.types);
    // As after the confirmation, so that the handler is reached.
    if (route.confirm !== undefined) fields.push(["confirmed", "yes"]);
    found.push({ actor, route, action, fields, show });
  }
  return found;
}

const attributeOf = (tag: string, name: string): string | null => {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? null : unescaped(value);
};

function readFields(content: string, types: Record<string, string>): [string, string][] {
  const fields = new Map<string, string>();
  const elements = content.matchAll(/<input[^>]*>|<(select|textarea)[^>]*>.*?<\/\1>/gs);
  for (const [element] of elements) {
    const tag = /^<[^>]*>/.exec(element)?.[0] ?? "";
    const name = attributeOf(tag, "name");
    if (name === null) continue;
    const type = attributeOf(tag, "type") ?? "text";
    const isChosen = /\schecked/.test(tag) || !fields.has(name);
    if (type === "radio" && !isChosen) continue;
    fields.set(name, readValue(element, tag, name, type, types));
  }
  return [...fields];
}

function readValue(
  element: string,
  tag: string,
  name: string,
  type: string,
  types: Record<string, string>,
): string {
  if (tag.startsWith("<select")) {
    const options = [...element.matchAll(/<option[^>]*>/g)].map(([option]) => option);
    const values = options.map((option) => attributeOf(option, "value") ?? "");
    const selected = options.findIndex((option) => /\sselected/.test(option));
    return values[selected] || values.find((value) => value !== "") || "";
  }
  if (tag.startsWith("<textarea"))
    return unescaped(/>(.*)<\/textarea>/s.exec(element)?.[1] ?? "") || (types[name] ?? "fuzz");
  const value = attributeOf(tag, "value") ?? "";
  if (value !== "") return value;
  // What is optional stays empty, as most operators leave it.
  return types[name] ?? (/\srequired/.test(tag) ? (plausibleValues[type] ?? "fuzz") : "");
}

const plausibleValues: Record<string, string> = {
  email: "fuzz@tests.example",
  number: "1",
  date: "2090-01-01",
  "datetime-local": "2090-01-01T00:00",
  url: "https://example.com/fuzz",
  password: "not the password of anyone",
};

/**
 * Follows the links of pages, and returns every form on them. At most `perRoute` pages of a route are
 * opened: lists lead to many pages with the same forms.
 */
export async function walkPages(actor: Actor, starts: string[], perRoute = 4): Promise<FoundForm[]> {
  const seen = new Set<string>();
  const opened = new Map<string, number>();
  const forms: FoundForm[] = [];
  let next = starts;
  while (next.length > 0) {
    const pages = next.filter((address) => {
      const path = address.split("?")[0] ?? "";
      const route = findRoute("GET", path);
      if (route === undefined || seen.has(address)) return false;
      seen.add(address);
      // Each tab of a page has its forms.
      const name = `${describeForm(route, path)} ${new URLSearchParams(address.split("?")[1]).get("tab")}`;
      opened.set(name, (opened.get(name) ?? 0) + 1);
      return (opened.get(name) ?? 0) <= perRoute && !/^\/portal\.|\/status$|\/audit\/export/.test(path);
    });
    next = [];
    for (const address of pages) {
      const show = () => actor.portal.get(address);
      const reply = await show();
      forms.push(...findForms(actor, reply, show));
      for (const [, href = ""] of reply.html.matchAll(/<a[^>]*\shref="(\/[^"#]*)/g))
        next.push(unescaped(href));
    }
  }
  return forms;
}

/** Returns the form as its page shows it now, or as it was when the page no longer has it. */
export async function showAgain(form: FoundForm): Promise<FoundForm> {
  const forms = findForms(form.actor, await form.show(), form.show);
  return forms.find(({ action }) => action === form.action) ?? form;
}

export const encodeFields = (fields: [string, string][]): string => new URLSearchParams(fields).toString();
