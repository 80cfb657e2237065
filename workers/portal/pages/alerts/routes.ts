import {
  createAlertChannel,
  deleteAlertChannel,
  testAlertChannel,
} from "../../../../shared/contract/operations/alert-channels.ts";
import { changeAlertRules } from "../../../../shared/contract/operations/alert-rules.ts";
import { actionRoute, confirmedRoute, pageRoute, projectRoot, type Route } from "../../auth/route.ts";
import { addChannel, removeChannel, saveRules, testChannel } from "./actions.tsx";
import { confirmRemoval } from "./channels.tsx";
import { showAlertSettings } from "./page.tsx";

const channel = `${projectRoot}/alerts/channels/:channel`;

/** Routes of alert rules and channels. */
export const alertRoutes: readonly Route[] = [
  pageRoute(`${projectRoot}/alerts`, "viewer", showAlertSettings),
  actionRoute(`${projectRoot}/alerts/rules`, changeAlertRules, saveRules),
  actionRoute(`${projectRoot}/alerts/channels`, createAlertChannel, addChannel),
  actionRoute(`${channel}/test`, testAlertChannel, testChannel),
  confirmedRoute(actionRoute(`${channel}/delete`, deleteAlertChannel, removeChannel), confirmRemoval),
];
