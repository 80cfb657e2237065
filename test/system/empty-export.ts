import { exportFormat } from "../../shared/contract/export.ts";
import { genesisHash } from "../../workers/runtime/subject/storage/hash-chain.ts";

const state = { entitlements: [], records: [] };

/** The export of a customer without an entry. */
export const emptyExport = {
  format: exportFormat,
  project_id: "prj_1",
  mode: "test",
  subject_ref: "user_1",
  head: { sequence: 0, at: 0, hash: genesisHash },
  state,
  checkpoint: { sequence: 0, at: 0, hash: genesisHash, state },
  ledger: [],
};
