import { z } from "zod";

/** The export file: all data of one customer (docs-site/pages/export.md). Lists other than the ledger are D1 rows. */

export const exportFormat = "licenzy-export/1";

const anchor = z.object({ sequence: z.number().int(), at: z.number().int(), hash: z.string() });

/** Entitlements, records and reservations, as in the bodies of ledger entries. */
const state = z.object({
  entitlements: z.array(z.object({ entitlementId: z.string() }).loose()),
  records: z.array(z.object({ recordId: z.string() }).loose()),
  /** Absent in files of earlier releases. */
  reservations: z.array(z.object({ reservationId: z.string() }).loose()).default([]),
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

/** The part of the export file that can be verified. */
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
