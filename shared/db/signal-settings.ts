import { and, eq, isNotNull, or } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import type { SignalSettings } from "../domain/signal-settings.ts";
import type { ProductRow } from "./products.ts";
import { inScope } from "./scope.ts";
import { products, projects } from "./tables/configuration.ts";

/** The columns of a project or product. */
export type SignalColumns = Pick<ProductRow, "lowBalance" | "lowBalanceIn" | "expiringDays">;

/** Returns what the project and its products in this mode say about signals; `null` where that was never set. */
export async function readSignalSettings(db: D1Database, scope: Scope): Promise<SignalSettings | null> {
  const database = drizzle(db);
  const columns = { lowBalance: products.lowBalance, lowBalanceIn: products.lowBalanceIn };
  const [[project], rows] = await database.batch([
    database.select().from(projects).where(eq(projects.projectId, scope.projectId)),
    database
      .select({ productCode: products.productCode, ...columns, expiringDays: products.expiringDays })
      .from(products)
      .where(
        and(inScope(products, scope), or(isNotNull(products.lowBalance), isNotNull(products.expiringDays))),
      ),
  ]);
  if (project === undefined || project.signalsVersion === 0) return null;
  return {
    version: project.signalsVersion,
    project: { lowBalance: toLowBalance(project), expiringDays: project.expiringDays || null },
    products: Object.fromEntries(
      rows.map(({ productCode, ...row }) => [
        productCode,
        {
          ...(row.lowBalance === null ? {} : { lowBalance: toLowBalance(row) }),
          ...(row.expiringDays === null ? {} : { expiringDays: row.expiringDays || null }),
        },
      ]),
    ),
  };
}

/** 0 is off. */
function toLowBalance({ lowBalance, lowBalanceIn }: SignalColumns) {
  return lowBalance === null || lowBalance === 0 ? null : { value: lowBalance, in: lowBalanceIn ?? "units" };
}
