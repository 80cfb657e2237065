import { maxMappingBytes } from "../../../shared/contract/operations/access-audits.ts";
import type { Upload } from "../request-context.ts";
import { decodeText, decodeUtf8 } from "./decode-text.ts";
import { maxFormBytes } from "./form.ts";

/** A list of 1,000 customers, in UTF-16 or percent-encoded. */
export const listUpload: Upload = { maxBytes: 1024 * 1024, decode: decodeText };

/** A mapping of Stripe customers. */
export const mappingUpload: Upload = { maxBytes: maxMappingBytes + maxFormBytes, decode: decodeUtf8 };
