import { hiddenFields, type PortalReply, unescaped } from "../../dev/seed/portal-client.ts";

/** Returns the fields of the form that posts to `action`, as a browser would send them. */
export const readFormFields = ({ html }: PortalReply, action: string) => hiddenFields(html, action);

/** Returns the text of a page, without its markup. */
export const toText = ({ html }: PortalReply) =>
  unescaped(html.replace(/<[^>]+>/g, " ")).replace(/\s+/g, " ");
