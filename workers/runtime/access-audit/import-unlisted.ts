import { dataOf } from "../../../shared/db/databases.ts";
import type { ImportRow } from "../../../shared/db/tables/access-audits.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { isListed, noteImport, saveImportWalk, type WalkingImport } from "../db/access-audit-import-walk.ts";
import { adoptRow, failImport } from "./adopt-row.ts";
import type { AuditItem } from "./audit-page.ts";
import { examine } from "./examine.ts";
import { findContradiction } from "./find-contradiction.ts";
import { isLasting } from "./is-lasting.ts";
import { listPage } from "./list-page.ts";
import { lookAtPage } from "./quick-look.ts";
import type { Walk } from "./walk.ts";

/**
 * Imports what the report found beyond its list. It reads Stripe's lists again, page by page, and decides again: nothing of a
 * purchase is stored but its place.
 *
 * Guarantees: each purchase is imported and counted once. It is noted in the audit's row before its import, and the note is
 * removed in the write that counts it. After a crash between the two, the next worker finds the note, repeats the adoption,
 * which changes nothing, and counts it. Two workers at one place adopt the same, and one counts.
 *
 * Assumes: the listed findings come first, so that their customers exist when a second purchase of theirs follows.
 */

/** Imports the purchases of the next page, or what the turn has time for. Returns whether there is more to do now. */
export async function importUnlistedPage(
  walk: Walk,
  audit: WalkingImport,
  isTurnOver: () => boolean,
): Promise<boolean> {
  const { env, now } = walk.context;
  if (audit.importing !== null) {
    const { cursor, ...row } = audit.importing;
    const { findingId } = row;
    const result = { findingId, state: await adoptUnlisted(walk, audit, row) };
    await saveImportWalk(dataOf(env, audit), audit, { cursor, isPhaseOver: false, result }, now);
    return true;
  }
  const { items, last, isLast } = await listPage(walk, audit.auditId, audit.importPhase, audit.importCursor);
  const looks = await lookAtPage(walk, items);
  let place = audit;
  let cursor = audit.importCursor;
  for (const [index, item] of items.entries()) {
    // At least one object, so that every turn gets ahead.
    if (index > 0 && isTurnOver()) {
      await saveImportWalk(dataOf(env, audit), place, { cursor, isPhaseOver: false, result: null }, now);
      return true;
    }
    const row = looks[index]?.outcome === "examine" ? await findImport(walk, audit, item) : null;
    cursor = item.id;
    if (row === null) continue;
    if (!(await noteImport(dataOf(env, audit), place, { ...row, cursor }))) return true;
    const result = { findingId: row.findingId, state: await adoptUnlisted(walk, audit, row) };
    const status = await saveImportWalk(
      dataOf(env, audit),
      place,
      { cursor, isPhaseOver: false, result },
      now,
    );
    // Held, stopped, or taken over by another worker.
    if (status !== "importing") return true;
    place = { ...place, importPage: place.importPage + 1 };
  }
  const over = { cursor: last ?? cursor, isPhaseOver: isLast, result: null };
  return (await saveImportWalk(dataOf(env, audit), place, over, now)) !== "finished";
}

/** Decides again about an object. `null` for one that is not to be imported, that is listed, or that can't be read. */
async function findImport(
  walk: Walk,
  audit: WalkingImport,
  item: AuditItem,
): Promise<(ImportRow & { customerId: string | null }) | null> {
  try {
    const finding = (await examine(walk, item))?.finding ?? null;
    if (finding?.class !== "not_imported") return null;
    const { findingId, subjectRef, stripeId, customerId, target } = finding;
    if (subjectRef === null || stripeId === null) return null;
    const { env, connection } = walk.context;
    if (await isListed(dataOf(env, connection), audit.auditId, findingId)) return null;
    return { findingId, subjectRef, stripeId, customerId, productCode: target };
  } catch (error) {
    if (!isLasting(error, audit)) throw error;
    log("warn", "access_audit.object_unread", { jobId: audit.auditId, error: errorMessage(error) });
    return null;
  }
}

async function adoptUnlisted(
  walk: Walk,
  audit: WalkingImport,
  row: ImportRow & { customerId: string | null },
): Promise<"done" | "failed"> {
  const refs = await findContradiction(walk, row);
  if (refs === null) return (await adoptRow(walk, audit, row)).state;
  const list = `${row.customerId}: ${refs.join(", ")}`;
  return failImport(walk, audit, row, `Two customers are named for one Stripe customer. ${list}`).state;
}
