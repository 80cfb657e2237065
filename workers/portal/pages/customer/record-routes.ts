import type { Route } from "../../auth/route.ts";
import { repairCopy, showCheck } from "./check.tsx";
import { eraseCustomer, showErase } from "./erase.tsx";
import { exportCustomer } from "./export.ts";
import { addNote, deleteNote } from "./note-actions.ts";

const customer = "/p/:project/:mode/customers/:subject";

/** Notes, check, export and erase of a customer. They come before the actions, whose paths would take them for one. */
export const recordRoutes: readonly Route[] = [
  { method: "POST", path: `${customer}/notes`, needs: "support", handler: addNote },
  { method: "POST", path: `${customer}/notes/:note/delete`, needs: "support", handler: deleteNote },
  { method: "GET", path: `${customer}/check`, needs: "support", handler: showCheck },
  { method: "POST", path: `${customer}/repair`, needs: "support", handler: repairCopy },
  {
    method: "POST",
    path: `${customer}/export`,
    needs: "owner",
    proof: "always",
    handler: exportCustomer,
  },
  { method: "GET", path: `${customer}/erase`, needs: "owner", handler: showErase },
  { method: "POST", path: `${customer}/erase`, needs: "owner", proof: "always", handler: eraseCustomer },
];
