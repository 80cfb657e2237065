import * as customers from "../../../../shared/contract/operations/customers.ts";
import { resyncCustomer, verifyCustomer } from "../../../../shared/contract/operations/data-check.ts";
import { action, form, projectRoot, type Route } from "../../auth/route.ts";
import { repairCopy, showCheck } from "./check.tsx";
import { eraseCustomer, showErase } from "./erase.tsx";
import { exportCustomer } from "./export.ts";
import { addNote, deleteNote } from "./note-actions.ts";

const customer = `${projectRoot}/customers/:subject`;

/**
 * Routes of a customer's notes, check, export and erasure. They precede the actions, since the path pattern
 * of the actions also matches them.
 */
export const recordRoutes: readonly Route[] = [
  action(`${customer}/notes`, customers.addNote, addNote),
  action(`${customer}/notes/:note/delete`, customers.deleteNote, deleteNote),
  form(`${customer}/check`, verifyCustomer, showCheck),
  action(`${customer}/repair`, resyncCustomer, repairCopy),
  action(`${customer}/export`, customers.exportCustomer, exportCustomer),
  form(`${customer}/erase`, customers.eraseCustomer, showErase),
  action(`${customer}/erase`, customers.eraseCustomer, eraseCustomer),
];
