import { assignAlert, finishAlert, snoozeAlert } from "../../../../shared/contract/operations/alerts.ts";
import { actionRoute, pageRoute, projectRoot, type Route } from "../../auth/route.ts";
import { assign, finish, snooze } from "./actions.ts";
import { showInbox } from "./page.tsx";

const alert = `${projectRoot}/inbox/:alert`;

/** Routes of the inbox. */
export const inboxRoutes: readonly Route[] = [
  pageRoute(`${projectRoot}/inbox`, "viewer", showInbox),
  actionRoute(`${alert}/assign`, assignAlert, assign),
  actionRoute(`${alert}/snooze`, snoozeAlert, snooze),
  actionRoute(`${alert}/finish`, finishAlert, finish),
];
