import { clearShadow, compareAccess } from "../../../../shared/contract/operations/shadow.ts";
import {
  actionRoute,
  confirmedRoute,
  listRoute,
  pageRoute,
  projectRoot,
  type Route,
} from "../../auth/route.ts";
import { clearList, compareList, confirmClearing } from "./actions.ts";
import { showShadow } from "./page.tsx";

/** Routes of the comparison with an app's own answers. */
export const shadowRoutes: readonly Route[] = [
  pageRoute(`${projectRoot}/shadow`, "viewer", showShadow),
  listRoute(actionRoute(`${projectRoot}/shadow/compare`, compareAccess, compareList)),
  confirmedRoute(actionRoute(`${projectRoot}/shadow/clear`, clearShadow, clearList), confirmClearing),
];
