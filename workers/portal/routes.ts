import * as apiKey from "../../shared/contract/operations/api-keys.ts";
import * as customer from "../../shared/contract/operations/customers.ts";
import * as member from "../../shared/contract/operations/members.ts";
import * as product from "../../shared/contract/operations/products.ts";
import * as project from "../../shared/contract/operations/projects.ts";
import * as operator from "../../shared/contract/operations/sign-in.ts";
import * as stripe from "../../shared/contract/operations/stripe.ts";
import { action, form, page, projectRoot, publicRoute, type Route } from "./auth/route.ts";
import { icon, islands, stylesheet } from "./http/assets.ts";
import {
  changePassword,
  confirmSecondFactor,
  disableSecondFactor,
  enableSecondFactor,
  endSession,
  showAccount,
  showSecondFactor,
} from "./pages/account/actions.ts";
import { exportAudit } from "./pages/audit/actions.ts";
import { showAudit } from "./pages/audit/page.tsx";
import { applyAction, previewAction, showAction } from "./pages/customer/actions.ts";
import { showCustomer } from "./pages/customer/page.tsx";
import { recordRoutes } from "./pages/customer/record-routes.ts";
import { findForPalette } from "./pages/customers/find.ts";
import { showCustomers } from "./pages/customers/page.tsx";
import { dataRoutes } from "./pages/data/routes.ts";
import { retryEvent } from "./pages/events/actions.ts";
import { showEvent, showEvents } from "./pages/events/page.tsx";
import { showGoLive } from "./pages/go-live/page.tsx";
import { accept, showInvitation } from "./pages/invitation/actions.tsx";
import { createKey, revokeKey, rotateKey, showKeys, showRevoke, showRotate } from "./pages/keys/actions.ts";
import { showOverview } from "./pages/overview/page.tsx";
import { setPlan, showPlan } from "./pages/plan/page.tsx";
import {
  archiveProduct,
  createProduct,
  editProduct,
  lookUpPrice,
  restoreProduct,
  showNewProduct,
  showProduct,
} from "./pages/products/actions.ts";
import { showProducts } from "./pages/products/list.tsx";
import { archiveProject, createProject, restoreProject, showProjects } from "./pages/projects/actions.ts";
import { prove } from "./pages/prove/actions.ts";
import { enterSecondFactor, finishSignIn } from "./pages/second-factor/actions.tsx";
import { saveSettings, showSettings } from "./pages/settings/actions.ts";
import { setUp, showSetup } from "./pages/setup/actions.tsx";
import {
  enterCode,
  finishProvider,
  showCode,
  showSignIn,
  signIn,
  signOut,
  startProvider,
} from "./pages/sign-in/actions.ts";
import { start } from "./pages/start/actions.ts";
import {
  checkStripe,
  connectStripe,
  registerWebhook,
  setWebhookSecret,
  showStripe,
} from "./pages/stripe/actions.ts";
import { leave, removeOther, setRole, showTeam } from "./pages/team/actions.ts";
import { invite, renew, revokeInvitation } from "./pages/team/invitation-actions.ts";
import { webhookRoutes } from "./pages/webhooks/routes.ts";

/**
 * Every route of the portal with the access it requires. The app is built from this table alone.
 *
 * A test requests each route with every kind of credential (test/system/separation.test.ts).
 */
export const routes: readonly Route[] = [
  publicRoute("GET", "/portal.css", stylesheet),
  publicRoute("GET", "/portal.js", islands),
  publicRoute("GET", "/favicon.svg", icon),

  publicRoute("GET", "/setup", showSetup),
  publicRoute("POST", "/setup", setUp),
  publicRoute("GET", "/sign-in", showSignIn),
  publicRoute("POST", "/sign-in", signIn),
  publicRoute("GET", "/sign-in/code", showCode),
  publicRoute("POST", "/sign-in/code", enterCode),
  publicRoute("POST", "/sign-in/with/:provider", startProvider),
  publicRoute("GET", "/sign-in/callback/:provider", finishProvider),
  publicRoute("GET", "/invitations/:token", showInvitation),
  publicRoute("POST", "/invitations/:token", accept),

  { ...page("/sign-out", "session", signOut), method: "POST" },
  page("/second-factor", "session", finishSignIn),
  { ...page("/second-factor", "session", enterSecondFactor), method: "POST" },

  page("/", "viewer", start),
  { ...page("/prove", "viewer", prove), method: "POST" },
  page("/account", "viewer", showAccount),
  action("/account/password", operator.changePassword, changePassword),
  action("/account/sessions/end", operator.endSession, endSession),
  page("/account/second-factor", "viewer", showSecondFactor),
  action("/account/second-factor", operator.enableSecondFactor, enableSecondFactor),
  action("/account/second-factor/confirm", operator.confirmSecondFactor, confirmSecondFactor),
  action("/account/second-factor/disable", operator.disableSecondFactor, disableSecondFactor),

  page("/projects", "viewer", showProjects),
  action("/projects", project.createProject, createProject),
  action("/projects/archive", project.archiveProject, archiveProject),
  action("/projects/restore", project.archiveProject, restoreProject),
  page("/team", "viewer", showTeam),
  action("/team/invitations", member.inviteMember, invite),
  action("/team/invitations/renew", member.renewInvitation, renew),
  action("/team/invitations/revoke", member.revokeInvitation, revokeInvitation),
  action("/team/role", member.changeMemberRole, setRole),
  action("/team/remove", member.removeMember, removeOther),
  action("/team/leave", member.leaveAccount, leave),
  page("/plan", "viewer", showPlan),
  action("/plan", project.setPlan, setPlan),
  page("/audit", "admin", showAudit),
  page("/audit/export", "admin", exportAudit),

  page(projectRoot, "viewer", showOverview),
  page(`${projectRoot}/customers`, "viewer", showCustomers),
  form(`${projectRoot}/customers/:subject`, customer.readCustomer, showCustomer),
  ...recordRoutes,
  form(`${projectRoot}/customers/:subject/:action`, customer.applyAction, showAction),
  // Recent authentication is required for the preview, so that confirming is never interrupted.
  action(`${projectRoot}/customers/:subject/:action/preview`, customer.applyAction, previewAction),
  action(`${projectRoot}/customers/:subject/:action`, customer.applyAction, applyAction),
  page(`${projectRoot}/find`, "viewer", findForPalette),
  page(`${projectRoot}/events`, "viewer", showEvents),
  page(`${projectRoot}/events/:event`, "viewer", showEvent),
  action(`${projectRoot}/events/:event/retry`, stripe.retryStripeEvent, retryEvent),
  page(`${projectRoot}/products`, "viewer", showProducts),
  action(`${projectRoot}/products`, product.createProduct, createProduct),
  form(`${projectRoot}/products/new`, product.createProduct, showNewProduct),
  form(`${projectRoot}/products/price`, product.lookUpPrice, lookUpPrice),
  page(`${projectRoot}/products/:code`, "viewer", showProduct),
  action(`${projectRoot}/products/:code`, product.editProduct, editProduct),
  action(`${projectRoot}/products/:code/archive`, product.archiveProduct, archiveProduct),
  action(`${projectRoot}/products/:code/restore`, product.archiveProduct, restoreProduct),
  page(`${projectRoot}/keys`, "viewer", showKeys),
  action(`${projectRoot}/keys`, apiKey.createApiKey, createKey),
  form(`${projectRoot}/keys/:key/rotate`, apiKey.rotateApiKey, showRotate),
  action(`${projectRoot}/keys/:key/rotate`, apiKey.rotateApiKey, rotateKey),
  form(`${projectRoot}/keys/:key/revoke`, apiKey.revokeApiKey, showRevoke),
  action(`${projectRoot}/keys/:key/revoke`, apiKey.revokeApiKey, revokeKey),
  page(`${projectRoot}/stripe`, "viewer", showStripe),
  action(`${projectRoot}/stripe`, stripe.connectStripe, connectStripe),
  action(`${projectRoot}/stripe/check`, stripe.checkStripe, checkStripe),
  action(`${projectRoot}/stripe/webhook`, stripe.registerWebhook, registerWebhook),
  action(`${projectRoot}/stripe/webhook-secret`, stripe.setWebhookSecret, setWebhookSecret),
  ...webhookRoutes,
  page(`${projectRoot}/go-live`, "viewer", showGoLive),
  page(`${projectRoot}/settings`, "viewer", showSettings),
  action(`${projectRoot}/settings`, project.changeProjectSettings, saveSettings),
  ...dataRoutes,
];
