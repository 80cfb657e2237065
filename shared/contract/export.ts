import { z } from "zod";

/** The file that holds everything of one customer (docs/export.md). Its lists beside the ledger are rows as D1 has them. */

export const exportFormat = "licenzy-export/1";

const anchor = z.object({ sequence: z.number().int(), at: z.number().int(), hash: z.string() });

/** As the bodies of the ledger have them. */
const state = z.object({
  entitlements: z.array(z.object({ entitlementId: z.string() }).loose()),
  records: z.array(z.object({ recordId: z.string() }).loose()),
});

const ledgerRow = z.object({
  sequence: z.number().int(),
  at: z.number().int(),
  hash: z.string(),
  /** The text that the hash covers, byte for byte. */
  body: z.string(),
  idempotency_key: z.string().nullable(),
});
export type LedgerRow = z.infer<typeof ledgerRow>;

/** What can be verified of the file. */
export const exportFileSchema = z.object({
  format: z.literal(exportFormat),
  project_id: z.string(),
  mode: z.string(),
  subject_ref: z.string(),
  head: anchor,
  state,
  checkpoint: anchor.extend({ state }),
  ledger: z.array(ledgerRow),
});
export type ExportFile = z.infer<typeof exportFileSchema>;
