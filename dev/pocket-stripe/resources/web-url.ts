import { invalidRequest } from "../errors.ts";
import { type Param, text } from "../params.ts";

/** Parses an absolute HTTP or HTTPS URL. */
export const webUrl: Param<string> = (value, path) => {
  const url = text()(value, path);
  if (/^https?:\/\/[^/]/.test(url) && isUrl(url)) return url;
  throw invalidRequest("Not a valid URL", { code: "url_invalid", param: path });
};

function isUrl(url: string): boolean {
  try {
    new URL(url);
    return true;
  } catch {
    return false;
  }
}
