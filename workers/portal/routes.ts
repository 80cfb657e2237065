import * as apiKey from "../../shared/contract/operations/api-keys.ts";
import * as customer from "../../shared/contract/operations/customers.ts";
import * as member from "../../shared/contract/operations/members.ts";
import * as product from "../../shared/contract/operations/products.ts";
import * as project from "../../shared/contract/operations/projects.ts";
import * as operator from "../../shared/contract/operations/sign-in.ts";
import * as stripe from "../../shared/contract/operations/stripe.ts";
import {
  resumeStripeBackfill,
  stopStripeBackfill,
} from "../../shared/contract/operations/stripe-backfills.ts";
import {
  actionRoute,
  confirmedRoute,
  credentialRoute,
  formRoute,
  listRoute,
  pageRoute,
  projectRoot,
  publicRoute,
  type Route,
} from "./auth/route.ts";
import { serveFont, serveIcon, serveScript, serveStylesheet } from "./http/assets.ts";
import { docsRoutes } from "./http/docs.ts";
import { accessAuditRoutes } from "./pages/access-audit/routes.ts";
import {
  changePassword,
  confirmEndingSessions,
  confirmSecondFactor,
  disableSecondFactor,
  enableSecondFactor,
  endSession,
  showAccount,
  showSecondFactor,
} from "./pages/account/actions.ts";
import { confirmUnlinking, linkProvider, unlinkProvider } from "./pages/account/provider-actions.ts";
import { chooseTimeZone } from "./pages/account/time-zone.tsx";
import { alertRoutes } from "./pages/alerts/routes.ts";
import { exportAudit } from "./pages/audit/actions.ts";
import { showAudit } from "./pages/audit/page.tsx";
import { bulkRoutes } from "./pages/bulk/routes.ts";
import { applyAction, previewAction, showAction } from "./pages/customer/actions/handlers.ts";
import { showCustomer } from "./pages/customer/page.tsx";
import { recordRoutes } from "./pages/customer/routes.ts";
import { findForPalette } from "./pages/customers/find.ts";
import { showCustomers } from "./pages/customers/page.tsx";
import { dataRoutes } from "./pages/data/routes.ts";
import { retryEvent } from "./pages/events/actions.ts";
import { showEvent, showEvents } from "./pages/events/page.tsx";
import { goLiveRoutes } from "./pages/go-live/routes.ts";
import { inboxRoutes } from "./pages/inbox/routes.ts";
import { joinAccount, showInvitation } from "./pages/invitation/actions.tsx";
import {
  confirmRevocation as confirmKeyRevocation,
  createKey,
  revokeKey,
  rotateKey,
  showKeys,
  showRotate,
} from "./pages/keys/actions.ts";
import { showOverview } from "./pages/overview/page.tsx";
import { confirmPlan, setPlan, showPlan } from "./pages/plan/page.tsx";
import {
  archiveProduct,
  confirmArchiving as confirmProductArchiving,
  createProduct,
  editProduct,
  lookUpPrice,
  restoreProduct,
  showNewProduct,
  showProduct,
} from "./pages/products/actions.ts";
import { changeAllowance, confirmAllowance } from "./pages/products/allowance-actions.ts";
import { fromStripeRoutes } from "./pages/products/from-stripe/routes.ts";
import { showProducts } from "./pages/products/list.tsx";
import {
  archiveProject,
  confirmArchiving,
  createProject,
  restoreProject,
  showProjects,
} from "./pages/projects/actions.ts";
import { reauthenticate } from "./pages/reauthenticate/actions.ts";
import { resetPassword, showReset } from "./pages/reset/actions.tsx";
import { requestReset, showResetRequest } from "./pages/reset/request.tsx";
import { enterSecondFactor, finishSignIn } from "./pages/second-factor/actions.tsx";
import { settingsRoutes } from "./pages/settings/routes.ts";
import { setUp, showSetup } from "./pages/setup/actions.tsx";
import { shadowRoutes } from "./pages/shadow/routes.ts";
import {
  enterCode,
  finishProvider,
  showCode,
  showSignIn,
  signIn,
  signOut,
  startProvider,
} from "./pages/sign-in/actions.ts";
import { redirectToStart } from "./pages/start/actions.ts";
import {
  checkStripe,
  confirmRegistration,
  connectStripe,
  registerWebhook,
  resumeBackfill,
  setWebhookSecret,
  showStripe,
  stopBackfill,
} from "./pages/stripe/actions.ts";
import {
  confirmLeaving,
  confirmRemoval,
  confirmRole,
  leaveAccount,
  removeTeamMember,
  setRole,
  showTeam,
} from "./pages/team/actions.ts";
import {
  confirmRevocation,
  replaceInvitationLink,
  revokeInvitation,
  sendInvitation,
} from "./pages/team/invitation-actions.ts";
import { sendResetLink, showResetForm } from "./pages/team/reset-actions.tsx";
import { webhookRoutes } from "./pages/webhooks/routes.ts";

/**
 * Every route of the portal with the access it requires. The app is built from this table alone.
 *
 * A test requests each route with every kind of credential (test/system/separation.test.ts).
 */
export const routes: readonly Route[] = [
  publicRoute("GET", "/portal.css", serveStylesheet),
  publicRoute("GET", "/portal.js", serveScript),
  publicRoute("GET", "/inter.woff2", serveFont),
  publicRoute("GET", "/favicon.svg", serveIcon),
  ...docsRoutes,

  credentialRoute(publicRoute("GET", "/setup", showSetup)),
  credentialRoute(publicRoute("POST", "/setup", setUp)),
  publicRoute("GET", "/sign-in", showSignIn),
  credentialRoute(publicRoute("POST", "/sign-in", signIn)),
  publicRoute("GET", "/sign-in/code", showCode),
  credentialRoute(publicRoute("POST", "/sign-in/code", enterCode)),
  publicRoute("POST", "/sign-in/with/:provider", startProvider),
  publicRoute("GET", "/sign-in/callback/:provider", finishProvider),
  publicRoute("GET", "/forgot-password", showResetRequest),
  publicRoute("POST", "/forgot-password", requestReset),
  publicRoute("GET", "/reset/:token", showReset),
  publicRoute("POST", "/reset/:token", resetPassword),
  publicRoute("GET", "/invitations/:token", showInvitation),
  publicRoute("POST", "/invitations/:token", joinAccount),

  { ...pageRoute("/sign-out", "session", signOut), method: "POST" },
  pageRoute("/second-factor", "session", finishSignIn),
  credentialRoute({ ...pageRoute("/second-factor", "session", enterSecondFactor), method: "POST" }),

  pageRoute("/", "viewer", redirectToStart),
  // It carries the form that it interrupts.
  listRoute(credentialRoute({ ...pageRoute("/prove", "viewer", reauthenticate), method: "POST" })),
  pageRoute("/account", "viewer", showAccount),
  credentialRoute(actionRoute("/account/password", operator.changePassword, changePassword)),
  confirmedRoute(
    actionRoute("/account/sessions/end", operator.endSession, endSession),
    confirmEndingSessions,
  ),
  { ...pageRoute("/account/time-zone", "viewer", chooseTimeZone), method: "POST" },
  pageRoute("/account/second-factor", "viewer", showSecondFactor),
  credentialRoute(actionRoute("/account/second-factor", operator.enableSecondFactor, enableSecondFactor)),
  credentialRoute(
    actionRoute("/account/second-factor/confirm", operator.confirmSecondFactor, confirmSecondFactor),
  ),
  credentialRoute(
    actionRoute("/account/second-factor/disable", operator.disableSecondFactor, disableSecondFactor),
  ),
  actionRoute("/account/providers/link", operator.linkProvider, linkProvider),
  confirmedRoute(
    actionRoute("/account/providers/unlink", operator.unlinkProvider, unlinkProvider),
    confirmUnlinking,
  ),

  pageRoute("/projects", "viewer", showProjects),
  actionRoute("/projects", project.createProject, createProject),
  confirmedRoute(actionRoute("/projects/archive", project.archiveProject, archiveProject), confirmArchiving),
  actionRoute("/projects/restore", project.archiveProject, restoreProject),
  pageRoute("/team", "viewer", showTeam),
  actionRoute("/team/invitations", member.inviteMember, sendInvitation),
  actionRoute("/team/invitations/renew", member.renewInvitation, replaceInvitationLink),
  confirmedRoute(
    actionRoute("/team/invitations/revoke", member.revokeInvitation, revokeInvitation),
    confirmRevocation,
  ),
  confirmedRoute(actionRoute("/team/role", member.changeMemberRole, setRole), confirmRole),
  formRoute("/team/reset/:operator", member.createResetLink, showResetForm),
  actionRoute("/team/reset/:operator", member.createResetLink, sendResetLink),
  confirmedRoute(actionRoute("/team/remove", member.removeMember, removeTeamMember), confirmRemoval),
  confirmedRoute(actionRoute("/team/leave", member.leaveAccount, leaveAccount), confirmLeaving),
  pageRoute("/plan", "viewer", showPlan),
  confirmedRoute(actionRoute("/plan", project.setPlan, setPlan), confirmPlan),
  pageRoute("/audit", "admin", showAudit),
  formRoute("/audit/export", operator.exportAuditLog, exportAudit),

  pageRoute(projectRoot, "viewer", showOverview),
  pageRoute(`${projectRoot}/customers`, "viewer", showCustomers),
  formRoute(`${projectRoot}/customers/:subject`, customer.readCustomer, showCustomer),
  ...recordRoutes,
  formRoute(`${projectRoot}/customers/:subject/:action`, customer.applyAction, showAction),
  // Recent authentication is required for the preview, so that confirming is never interrupted.
  actionRoute(`${projectRoot}/customers/:subject/:action/preview`, customer.applyAction, previewAction),
  actionRoute(`${projectRoot}/customers/:subject/:action`, customer.applyAction, applyAction),
  pageRoute(`${projectRoot}/find`, "viewer", findForPalette),
  pageRoute(`${projectRoot}/events`, "viewer", showEvents),
  pageRoute(`${projectRoot}/events/:event`, "viewer", showEvent),
  actionRoute(`${projectRoot}/events/:event/retry`, stripe.retryStripeEvent, retryEvent),
  pageRoute(`${projectRoot}/products`, "viewer", showProducts),
  actionRoute(`${projectRoot}/products`, product.createProduct, createProduct),
  formRoute(`${projectRoot}/products/new`, product.createProduct, showNewProduct),
  formRoute(`${projectRoot}/products/price`, product.lookUpPrice, lookUpPrice),
  ...fromStripeRoutes,
  pageRoute(`${projectRoot}/products/:code`, "viewer", showProduct),
  actionRoute(`${projectRoot}/products/:code`, product.editProduct, editProduct),
  confirmedRoute(
    actionRoute(`${projectRoot}/products/:code/archive`, product.archiveProduct, archiveProduct),
    confirmProductArchiving,
  ),
  confirmedRoute(
    actionRoute(`${projectRoot}/products/:code/allowance`, product.setAllowance, changeAllowance),
    confirmAllowance,
  ),
  actionRoute(`${projectRoot}/products/:code/restore`, product.archiveProduct, restoreProduct),
  pageRoute(`${projectRoot}/keys`, "viewer", showKeys),
  actionRoute(`${projectRoot}/keys`, apiKey.createApiKey, createKey),
  formRoute(`${projectRoot}/keys/:key/rotate`, apiKey.rotateApiKey, showRotate),
  actionRoute(`${projectRoot}/keys/:key/rotate`, apiKey.rotateApiKey, rotateKey),
  confirmedRoute(
    actionRoute(`${projectRoot}/keys/:key/revoke`, apiKey.revokeApiKey, revokeKey),
    confirmKeyRevocation,
  ),
  pageRoute(`${projectRoot}/stripe`, "viewer", showStripe),
  actionRoute(`${projectRoot}/stripe`, stripe.connectStripe, connectStripe),
  actionRoute(`${projectRoot}/stripe/check`, stripe.checkStripe, checkStripe),
  confirmedRoute(
    actionRoute(`${projectRoot}/stripe/webhook`, stripe.registerWebhook, registerWebhook),
    confirmRegistration,
  ),
  actionRoute(`${projectRoot}/stripe/webhook-secret`, stripe.setWebhookSecret, setWebhookSecret),
  actionRoute(`${projectRoot}/stripe/backfills/:job/stop`, stopStripeBackfill, stopBackfill),
  actionRoute(`${projectRoot}/stripe/backfills/:job/resume`, resumeStripeBackfill, resumeBackfill),
  ...bulkRoutes,
  ...webhookRoutes,
  ...inboxRoutes,
  ...alertRoutes,
  ...goLiveRoutes,
  ...settingsRoutes,
  ...accessAuditRoutes,
  ...shadowRoutes,
  ...dataRoutes,
];
