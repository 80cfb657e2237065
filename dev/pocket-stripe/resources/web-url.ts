import { invalidRequest } from "../errors.ts";
import { type Param, text } from "../params.ts";

/** An absolute address on the web. */
export const webUrl: Param<string> = (value, path) => {
  const address = text()(value, path);
  if (/^https?:\/\/[^/]/.test(address) && isUrl(address)) return address;
  throw invalidRequest("Not a valid URL", { code: "url_invalid", param: path });
};

function isUrl(address: string): boolean {
  try {
    new URL(address);
    return true;
  } catch {
    return false;
  }
}
