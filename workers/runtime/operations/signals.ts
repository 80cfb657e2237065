import { setSignals } from "../../../shared/contract/operations/projects.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { databasesOf } from "../../../shared/db/databases.ts";
import { readProduct } from "../../../shared/db/products.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { changeSignalSettings } from "../db/signal-settings.ts";
import { implement } from "./implement.ts";

export const set = implement(
  setSignals,
  async ({ env, scope, audit }, { productCode, lowBalance, lowBalanceIn, expiringDays }) => {
    const current =
      productCode === null
        ? await readProjectSettings(env.DB, scope.projectId)
        : (await readProduct(env.DB, scope, productCode))?.product;
    if (current == null) return refusal("not_found", "Product not found in this project and mode.");
    // A threshold that is off, or the project's, has no unit.
    const after = { lowBalance, lowBalanceIn: lowBalance ? lowBalanceIn : null, expiringDays };
    const before = {
      lowBalance: current.lowBalance,
      lowBalanceIn: current.lowBalanceIn,
      expiringDays: current.expiringDays,
    };
    const entry = audit({ target: productCode ?? scope.projectId, before, after });
    await changeSignalSettings(databasesOf(env, scope), scope, productCode, after, entry);
    return { outcome: "done" };
  },
);
