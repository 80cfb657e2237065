import { describe, expect, it } from "vitest";
import { verifyExport } from "../../../scripts/export/verify.ts";
import { exportFormat, type LedgerRow } from "../../../shared/contract/export.ts";
import type { EntryDraft } from "../../../shared/domain/ledger.ts";
import { chainHash, genesisHash } from "../../../workers/runtime/subject/storage/hash-chain.ts";
import { entitlement } from "../entitlements.ts";

const granted = entitlement({ kind: "usage_pack" });

/** Returns an entry that leaves `unitsRemaining` in the pack. */
const draft = (unitsRemaining: number, change: number): EntryDraft => ({
  operation: change > 0 ? "grant" : "consume",
  touched: [
    {
      entitlement: { ...granted, unitsRemaining },
      units: [{ movement: change > 0 ? "granted" : "consumed", change }],
    },
  ],
  records: [],
  source: "runtime",
  reason: "usage_consumed",
  actor: null,
  idempotency: null,
  cause: { type: "clock" },
});

/** Returns a grant of 100 units and four consumes of one unit each. */
function ledger(): LedgerRow[] {
  let hash = genesisHash;
  return [draft(100, 100), draft(99, -1), draft(98, -1), draft(97, -1), draft(96, -1)].map((entry, index) => {
    const [sequence, at, body] = [index + 1, 1_000 + index, JSON.stringify(entry)];
    hash = chainHash(hash, sequence, at, body);
    return { sequence, at, hash, body, idempotency_key: null };
  });
}

const intact = ledger();

const exportFile = (rows: LedgerRow[]) =>
  JSON.stringify({
    format: exportFormat,
    project_id: "prj_1",
    mode: "test",
    subject_ref: "user_1",
    head: { sequence: 5, at: 1_004, hash: intact[4]?.hash },
    state: { entitlements: [{ ...granted, unitsRemaining: 96 }], records: [] },
    checkpoint: { sequence: 0, at: 0, hash: genesisHash, state: { entitlements: [], records: [] } },
    ledger: rows,
  });

const findErrors = (rows: LedgerRow[]) => verifyExport(exportFile(rows)).faults;

describe("verifyExport", () => {
  it("verifyExport() finds no errors when the file is unchanged", () => {
    const { faults, words } = verifyExport(exportFile(intact));
    expect(faults).toEqual([]);
    expect(words).toContain("5 entries, up to entry 5. Every entry follows from the one before");
  });

  it("verifyExport() names the entry when one of its bytes is changed", () => {
    const rows = intact.map((row) =>
      row.sequence === 3 ? { ...row, body: row.body.replace("usage_consumed", "usage_consumeD") } : row,
    );
    expect(findErrors(rows)).toEqual([expect.stringMatching(/^Entry 3: the entry was changed/)]);
  });

  it("verifyExport() names the entry when it is removed, including the last one", () => {
    expect(findErrors(intact.filter(({ sequence }) => sequence !== 3))[0]).toBe(
      "Entry 3: the entry is missing.",
    );
    expect(findErrors(intact.slice(0, 4))[0]).toMatch(/^Entry 5: the ledger ends at entry 4/);
  });

  it("verifyExport() names both entries when their positions or contents are swapped", () => {
    const [first, second, third, fourth, fifth] = intact as [
      LedgerRow,
      LedgerRow,
      LedgerRow,
      LedgerRow,
      LedgerRow,
    ];
    expect(findErrors([first, third, second, fourth, fifth])).toEqual([
      "Entry 2: it appears after entry 3, so the two were swapped or moved.",
    ]);
    const swapped = [first, { ...third, sequence: 2 }, { ...second, sequence: 3 }, fourth, fifth];
    const faults = findErrors(swapped).join("\n");
    expect(faults).toMatch(/Entry 2: the entry was changed, reordered or duplicated/);
    expect(faults).toMatch(/Entry 3: the entry was changed, reordered or duplicated/);
  });

  it("verifyExport() names a duplicated entry, and a state that differs from the sum of the entries", () => {
    const [first, ...others] = intact as [LedgerRow, ...LedgerRow[]];
    expect(findErrors([first, first, ...others])[0]).toBe("Entry 1: it appears in the file twice.");
    const richer = exportFile(intact).replace('"unitsRemaining":96', '"unitsRemaining":960');
    expect(verifyExport(richer).faults).toEqual([
      `State: ${granted.entitlementId} is not what the ledger adds up to.`,
    ]);
  });

  it("verifyExport() rejects a truncated file and a file of another version", () => {
    expect(verifyExport(exportFile(intact).slice(0, -10)).faults[0]).toMatch(
      /^The file is not JSON: it was cut off/,
    );
    expect(verifyExport("{}").faults[0]).toMatch(/^The file is not an export of this version/);
  });
});
