import { expect, it } from "vitest";
import type { Route } from "../../workers/portal/auth/route.ts";
import { routes } from "../../workers/portal/routes.ts";

/** Routes that need no confirmation, because an operator can take the change back. Each with how. */
const undoable: Record<string, string> = {
  "/account/password": "the operator changes it again; the form needs the current password",
  "/account/second-factor/confirm": "turning it off",
  "/account/providers/link": "unlinking",
  "/account/time-zone": "choosing the former zone",
  "/projects": "archiving",
  "/projects/restore": "archiving",
  "/team/invitations": "revoking",
  "/p/:project/:mode/customers/:subject/notes": "deleting",
  "/p/:project/:mode/customers/:subject/:action": "undo; the form is the preview's",
  "/p/:project/:mode/products": "archiving",
  "/p/:project/:mode/products/from-stripe": "archiving",
  "/p/:project/:mode/products/:code": "editing; the audit log has the former values",
  "/p/:project/:mode/products/:code/restore": "archiving",
  "/p/:project/:mode/keys": "revoking",
  "/p/:project/:mode/stripe": "entering the former key",
  "/p/:project/:mode/stripe/webhook-secret": "entering the former secret, or registering again",
  "/p/:project/:mode/stripe/backfills/:job/stop": "resuming",
  "/p/:project/:mode/stripe/backfills/:job/resume": "stopping",
  "/p/:project/:mode/webhooks": "deleting",
  "/p/:project/:mode/webhooks/:endpoint/edit": "editing; the audit log has the former values",
  "/p/:project/:mode/deliveries/jobs/:job/stop": "starting the job again",
  "/p/:project/:mode/inbox/:alert/assign": "assigning again",
  "/p/:project/:mode/inbox/:alert/snooze": "ending the snooze",
  "/p/:project/:mode/inbox/:alert/finish": "none needed: the alert opens again when its cause recurs",
  "/p/:project/:mode/alerts/rules": "saving the former rules",
  "/p/:project/:mode/alerts/channels": "deleting",
  "/p/:project/:mode/settings": "saving the former values; the audit log has them",
  "/p/:project/:mode/data/:job/stop": "starting the run again",
  "/p/:project/:mode/access-audit/settings": "saving the former values; the audit log has them",
  "/p/:project/:mode/access-audit/mapping": "uploading the former file; it is used by an import only",
  "/p/:project/:mode/access-audit/:audit/stop": "continuing the audit",
  "/p/:project/:mode/bulk/:job/start": "undoing the job; its page shows the preview",
  "/p/:project/:mode/bulk/:job/stop": "starting it again",
};

/** Routes that need no confirmation, because nothing is lost by them. Each with why. */
const harmless: Record<string, string> = {
  "/sign-in": "starts a session",
  "/sign-in/code": "starts a session",
  "/sign-in/with/:provider": "starts a session",
  "/second-factor": "finishes a session",
  "/sign-out": "the operator signs in again",
  "/forgot-password": "nothing changes until the link is used",
  "/prove": "renews the session's own authentication",
  "/account/second-factor": "nothing changes until a code is entered",
  "/team/invitations/renew": "the new link replaces the old one",
  "/team/reset/:operator": "nothing changes until the link is used",
  "/p/:project/:mode/customers/:subject/recovery-link":
    "gives no access; rotating the link secret revokes it",
  "/p/:project/:mode/customers/:subject/repair": "rewrites the copy of the ledger in D1",
  "/p/:project/:mode/customers/:subject/export": "reads",
  "/p/:project/:mode/customers/:subject/:action/preview": "reads",
  "/p/:project/:mode/events/:event/retry": "an event takes effect once",
  "/p/:project/:mode/stripe/check": "reads",
  "/p/:project/:mode/webhooks/:endpoint/reveal": "reads, and is recorded",
  "/p/:project/:mode/webhooks/:endpoint/test": "sends a test event",
  "/p/:project/:mode/deliveries/:delivery/requeue": "receivers recognize the event id",
  "/p/:project/:mode/deliveries/:delivery/resend": "receivers recognize the event id",
  "/p/:project/:mode/alerts/channels/:channel/test": "sends a test message",
  "/p/:project/:mode/shadow/compare": "reads",
  "/p/:project/:mode/data": "reads, or rewrites copies",
  "/p/:project/:mode/access-audit": "reads",
  "/p/:project/:mode/access-audit/:audit/resume": "reads",
  "/p/:project/:mode/bulk": "prepares a preview",
  "/p/:project/:mode/bulk/new": "shows the form",
  "/p/:project/:mode/bulk/:job/preview": "reads",
  "/p/:project/:mode/bulk/:job/undo": "prepares a preview",
};

/** Routes with a page of their own that states the consequences. Each with the field that only that page sends. */
const ownPage: Record<string, string> = {
  "/setup": "token",
  "/reset/:token": "password",
  "/invitations/:token": "password",
  "/account/second-factor/disable": "code",
  "/p/:project/:mode/customers/:subject/erase": "confirmation",
  "/p/:project/:mode/keys/:key/rotate": "new_key_id",
  "/p/:project/:mode/webhooks/:endpoint/enable": "waiting",
  "/p/:project/:mode/webhooks/:endpoint/rotate": "overlap",
  "/p/:project/:mode/webhooks/:endpoint/replay": "since",
  "/p/:project/:mode/deliveries/requeue": "job_id",
};

const writing = routes.filter(({ method }) => method === "POST");
const isListed = ({ path }: Route) => [undoable, harmless, ownPage].filter((list) => path in list).length;

it("each route that writes is confirmed, or can be undone, or loses nothing", () => {
  const unexplained = writing.filter(
    (route) => isListed(route) + (route.confirm === undefined ? 0 : 1) !== 1,
  );
  expect(unexplained.map(({ path }) => path)).toEqual([]);
  const listed = [undoable, harmless, ownPage].flatMap((list) => Object.keys(list));
  expect(listed.filter((path) => writing.every((route) => route.path !== path))).toEqual([]);
});

it("each route with a destructive name is confirmed, whatever the lists say", () => {
  const names = /\/(remove|leave|delete|archive|revoke|unlink)$/;
  const disabling = /^\/p\/.*\/disable$/;
  const destructive = writing.filter(({ path }) => names.test(path) || disabling.test(path));
  expect(destructive.length).toBeGreaterThan(8);
  expect(destructive.filter(({ confirm }) => confirm === undefined).map(({ path }) => path)).toEqual([]);
});
