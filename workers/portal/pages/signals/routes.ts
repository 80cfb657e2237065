import { setSignals } from "../../../../shared/contract/operations/projects.ts";
import { actionRoute, confirmedRoute, projectRoot, type Route } from "../../auth/route.ts";
import { changeSignals, confirmSignals } from "./actions.ts";

/** Routes of the signals of a project and of a product. */
export const signalsRoutes: readonly Route[] = ["/settings/signals", "/products/:code/signals"].map((path) =>
  confirmedRoute(actionRoute(`${projectRoot}${path}`, setSignals, changeSignals), confirmSignals),
);
