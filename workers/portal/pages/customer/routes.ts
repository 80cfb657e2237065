import * as customers from "../../../../shared/contract/operations/customers.ts";
import { resyncCustomer, verifyCustomer } from "../../../../shared/contract/operations/data-check.ts";
import { createRecoveryLink } from "../../../../shared/contract/operations/recovery-links.ts";
import { actionRoute, confirmedRoute, formRoute, projectRoot, type Route } from "../../auth/route.ts";
import { addNote, confirmDeletion, deleteNote } from "./actions/notes.ts";
import { repairD1Copy, showCheck } from "./data/check.tsx";
import { eraseCustomer, showErase } from "./data/erase.tsx";
import { exportCustomer } from "./data/export.ts";
import { createLink, showLinkForm } from "./recovery-link/form.tsx";

const customer = `${projectRoot}/customers/:subject`;

/**
 * Routes of a customer's notes, recovery links, check, export and erasure. They precede the actions, since the path pattern
 * of the actions also matches them.
 */
export const recordRoutes: readonly Route[] = [
  actionRoute(`${customer}/notes`, customers.addNote, addNote),
  confirmedRoute(
    actionRoute(`${customer}/notes/:note/delete`, customers.deleteNote, deleteNote),
    confirmDeletion,
  ),
  formRoute(`${customer}/recovery-link`, createRecoveryLink, showLinkForm),
  actionRoute(`${customer}/recovery-link`, createRecoveryLink, createLink),
  formRoute(`${customer}/check`, verifyCustomer, showCheck),
  actionRoute(`${customer}/repair`, resyncCustomer, repairD1Copy),
  actionRoute(`${customer}/export`, customers.exportCustomer, exportCustomer),
  formRoute(`${customer}/erase`, customers.eraseCustomer, showErase),
  actionRoute(`${customer}/erase`, customers.eraseCustomer, eraseCustomer),
];
