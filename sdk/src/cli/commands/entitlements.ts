import type { Entitlement } from "../../contract.ts";
import { LicenzyError } from "../../result.ts";
import { explainFailure } from "../cli-error.ts";
import type { CommandContext } from "../command.ts";
import { connect } from "../environment.ts";
import { alignColumns } from "../output.ts";

/** `licenzy entitlements`: everything that the customer ever had, newest first. */
export async function listEntitlements(
  { variables, output }: CommandContext,
  subjectRef: string,
): Promise<void> {
  const { licenzy, baseUrl } = connect(variables);
  const entitlements: Entitlement[] = [];
  try {
    for await (const entitlement of licenzy.entitlements.list(subjectRef)) entitlements.push(entitlement);
  } catch (error) {
    if (error instanceof LicenzyError) throw explainFailure(error.failure, baseUrl);
    throw error;
  }
  const rows = entitlements.map((one) => [
    one.entitlementId,
    one.productCode,
    one.kind,
    one.available ? "available" : one.status,
    one.usageGranted === null ? "—" : `${one.usageRemaining} of ${one.usageGranted} units`,
    one.expiresAt ?? one.currentPeriodEnd ?? "no end",
  ]);
  const header = ["ENTITLEMENT", "PRODUCT", "KIND", "STATE", "BALANCE", "ENDS"];
  output.result(
    { subjectRef, entitlements },
    rows.length === 0 ? ["No entitlements yet."] : alignColumns([header, ...rows]),
  );
}
