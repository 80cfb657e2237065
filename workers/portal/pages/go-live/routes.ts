import { copyProduct } from "../../../../shared/contract/operations/copy-product.ts";
import {
  actionRoute,
  confirmedRoute,
  formRoute,
  pageRoute,
  projectRoot,
  type Route,
} from "../../auth/route.ts";
import { confirmCopy, copyToLive, showCopy } from "./copy.tsx";
import { showGoLive } from "./page.tsx";

/** Routes of the go-live checklist, and of the copy of a product to live mode. */
export const goLiveRoutes: readonly Route[] = [
  pageRoute(`${projectRoot}/go-live`, "viewer", showGoLive),
  formRoute(`${projectRoot}/go-live/copy/:code`, copyProduct, showCopy),
  confirmedRoute(actionRoute(`${projectRoot}/go-live/copy/:code`, copyProduct, copyToLive), confirmCopy),
];
