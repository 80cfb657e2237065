import type { Route } from "./auth/route.ts";
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
import { invite, renew, takeBack } from "./pages/team/invitation-actions.ts";
import { webhookRoutes } from "./pages/webhooks/routes.ts";

const place = "/p/:project/:mode";

/**
 * Every route of the portal, with who may use it. The app is built from this table and from nothing else; a test walks
 * it with every kind of credential (test/system/separation.test.ts).
 */
export const routes: readonly Route[] = [
  { method: "GET", path: "/portal.css", needs: "nobody", handler: stylesheet },
  { method: "GET", path: "/portal.js", needs: "nobody", handler: islands },
  { method: "GET", path: "/favicon.svg", needs: "nobody", handler: icon },

  { method: "GET", path: "/setup", needs: "nobody", handler: showSetup },
  { method: "POST", path: "/setup", needs: "nobody", handler: setUp },
  { method: "GET", path: "/sign-in", needs: "nobody", handler: showSignIn },
  { method: "POST", path: "/sign-in", needs: "nobody", handler: signIn },
  { method: "GET", path: "/sign-in/code", needs: "nobody", handler: showCode },
  { method: "POST", path: "/sign-in/code", needs: "nobody", handler: enterCode },
  { method: "POST", path: "/sign-in/with/:provider", needs: "nobody", handler: startProvider },
  { method: "GET", path: "/sign-in/callback/:provider", needs: "nobody", handler: finishProvider },
  { method: "GET", path: "/invitations/:token", needs: "nobody", handler: showInvitation },
  { method: "POST", path: "/invitations/:token", needs: "nobody", handler: accept },

  { method: "POST", path: "/sign-out", needs: "session", handler: signOut },
  { method: "GET", path: "/second-factor", needs: "session", handler: finishSignIn },
  { method: "POST", path: "/second-factor", needs: "session", handler: enterSecondFactor },

  { method: "GET", path: "/", needs: "viewer", handler: start },
  { method: "POST", path: "/prove", needs: "viewer", handler: prove },
  { method: "GET", path: "/account", needs: "viewer", handler: showAccount },
  { method: "POST", path: "/account/password", needs: "viewer", handler: changePassword },
  { method: "POST", path: "/account/sessions/end", needs: "viewer", handler: endSession },
  { method: "GET", path: "/account/second-factor", needs: "viewer", handler: showSecondFactor },
  { method: "POST", path: "/account/second-factor", needs: "viewer", handler: enableSecondFactor },
  { method: "POST", path: "/account/second-factor/confirm", needs: "viewer", handler: confirmSecondFactor },
  { method: "POST", path: "/account/second-factor/disable", needs: "viewer", handler: disableSecondFactor },

  { method: "GET", path: "/projects", needs: "viewer", handler: showProjects },
  { method: "POST", path: "/projects", needs: "admin", handler: createProject },
  { method: "POST", path: "/projects/archive", needs: "admin", handler: archiveProject },
  { method: "POST", path: "/projects/restore", needs: "admin", handler: restoreProject },
  { method: "GET", path: "/team", needs: "viewer", handler: showTeam },
  { method: "POST", path: "/team/invitations", needs: "owner", handler: invite },
  { method: "POST", path: "/team/invitations/renew", needs: "owner", handler: renew },
  { method: "POST", path: "/team/invitations/revoke", needs: "owner", handler: takeBack },
  { method: "POST", path: "/team/role", needs: "owner", handler: setRole },
  { method: "POST", path: "/team/remove", needs: "owner", handler: removeOther },
  { method: "POST", path: "/team/leave", needs: "viewer", handler: leave },
  { method: "GET", path: "/plan", needs: "viewer", handler: showPlan },
  { method: "POST", path: "/plan", needs: "owner", handler: setPlan },
  { method: "GET", path: "/audit", needs: "admin", handler: showAudit },
  { method: "GET", path: "/audit/export", needs: "admin", handler: exportAudit },

  { method: "GET", path: place, needs: "viewer", handler: showOverview },
  { method: "GET", path: `${place}/customers`, needs: "viewer", handler: showCustomers },
  { method: "GET", path: `${place}/customers/:subject`, needs: "viewer", handler: showCustomer },
  ...recordRoutes,
  { method: "GET", path: `${place}/customers/:subject/:action`, needs: "support", handler: showAction },
  {
    method: "POST",
    path: `${place}/customers/:subject/:action/preview`,
    needs: "support",
    proof: "live",
    handler: previewAction,
  },
  {
    method: "POST",
    path: `${place}/customers/:subject/:action`,
    needs: "support",
    proof: "live",
    handler: applyAction,
  },
  { method: "GET", path: `${place}/find`, needs: "viewer", handler: findForPalette },
  { method: "GET", path: `${place}/events`, needs: "viewer", handler: showEvents },
  { method: "GET", path: `${place}/events/:event`, needs: "viewer", handler: showEvent },
  { method: "POST", path: `${place}/events/:event/retry`, needs: "support", handler: retryEvent },
  { method: "GET", path: `${place}/products`, needs: "viewer", handler: showProducts },
  { method: "POST", path: `${place}/products`, needs: "admin", handler: createProduct },
  { method: "GET", path: `${place}/products/new`, needs: "admin", handler: showNewProduct },
  { method: "GET", path: `${place}/products/price`, needs: "admin", handler: lookUpPrice },
  { method: "GET", path: `${place}/products/:code`, needs: "viewer", handler: showProduct },
  { method: "POST", path: `${place}/products/:code`, needs: "admin", handler: editProduct },
  { method: "POST", path: `${place}/products/:code/archive`, needs: "admin", handler: archiveProduct },
  { method: "POST", path: `${place}/products/:code/restore`, needs: "admin", handler: restoreProduct },
  { method: "GET", path: `${place}/keys`, needs: "viewer", handler: showKeys },
  { method: "POST", path: `${place}/keys`, needs: "admin", proof: "live", handler: createKey },
  { method: "GET", path: `${place}/keys/:key/rotate`, needs: "admin", handler: showRotate },
  { method: "POST", path: `${place}/keys/:key/rotate`, needs: "admin", proof: "live", handler: rotateKey },
  { method: "GET", path: `${place}/keys/:key/revoke`, needs: "admin", handler: showRevoke },
  { method: "POST", path: `${place}/keys/:key/revoke`, needs: "admin", handler: revokeKey },
  { method: "GET", path: `${place}/stripe`, needs: "viewer", handler: showStripe },
  { method: "POST", path: `${place}/stripe`, needs: "admin", proof: "live", handler: connectStripe },
  { method: "POST", path: `${place}/stripe/check`, needs: "support", handler: checkStripe },
  {
    method: "POST",
    path: `${place}/stripe/webhook`,
    needs: "admin",
    proof: "live",
    handler: registerWebhook,
  },
  {
    method: "POST",
    path: `${place}/stripe/webhook-secret`,
    needs: "admin",
    proof: "live",
    handler: setWebhookSecret,
  },
  ...webhookRoutes,
  { method: "GET", path: `${place}/go-live`, needs: "viewer", handler: showGoLive },
  { method: "GET", path: `${place}/settings`, needs: "viewer", handler: showSettings },
  { method: "POST", path: `${place}/settings`, needs: "admin", handler: saveSettings },
  ...dataRoutes,
];
