import { beforeAll, describe, expect, inject, it } from "vitest";
import { provision } from "../../../dev/seed/provision.ts";
import type { Operation } from "../../../shared/contract/operations/operation.ts";
import { operations } from "../../../shared/contract/operations/table.ts";
import { routes } from "../../../workers/portal/routes.ts";
import { buildTotpCode, newOperator, type TestOperator, turnOnSecondFactor } from "../operators.ts";
import { newWorld, type World } from "../world.ts";

/**
 * Every operation that yields more than the operator's present proof allows: power for someone, a secret, a
 * customer's data, or an effect on live customers. Test mode has no effect outside, so `live` is enough for
 * effects.
 */
const yielding: Record<string, Exclude<Operation["recentAuth"], "never">> = {
  "invitation.create": "always",
  "invitation.renew": "always",
  "member.change_role": "always",
  "member.create_reset_link": "always",
  "plan.set": "always",
  "operator.link_provider": "always",
  "operator.unlink_provider": "always",
  "endpoint.reveal_secret": "always",
  "customer.export": "always",
  "customer.erase": "always",
  "customer.apply_action": "live",
  "customer.sync": "live",
  "customer.retry": "live",
  "customer.create_recovery_link": "live",
  "bulk_job.create": "live",
  "bulk_job.undo": "live",
  "bulk_job.preview_again": "live",
  "bulk_job.start": "live",
  "access_audit.import": "live",
  "access_audit.continue_import": "live",
  "api_key.create": "live",
  "api_key.rotate": "live",
  "stripe.connect": "live",
  "stripe.register_webhook": "live",
  "stripe.set_webhook_secret": "live",
  "endpoint.create": "live",
  "endpoint.edit": "live",
  "endpoint.enable": "live",
  "endpoint.delete": "live",
  "endpoint.rotate_secret": "live",
  "endpoint.send_test": "live",
  "endpoint.replay": "live",
  "delivery.requeue": "live",
  "delivery.resend": "live",
  "delivery.requeue_many": "live",
  "alert_channel.create": "live",
  "alert_channel.test": "live",
};

/** Every other operation that changes something, and why a session is enough. */
const yieldingNothing: Record<string, string> = {
  "customer.note_add": "a text for other operators",
  "customer.note_delete": "a text of other operators",
  "customer.resync": "rewrites a copy from its source",
  "subject_job.start": "rewrites copies from their source",
  "subject_job.stop": "stopping must not wait",
  "bulk_job.stop": "stopping must not wait",
  "access_audit.start": "reads and compares",
  "access_audit.resume": "reads and compares",
  "access_audit.stop": "stopping must not wait",
  "access_audit.save_settings": "what an import uses, which needs a proof itself",
  "access_audit.upload_mapping": "what an import uses, which needs a proof itself",
  "stripe_event.retry": "processes what Stripe has signed",
  "product.create": "gives access to customers only when Stripe reports a payment",
  "product.edit": "gives access to customers only when Stripe reports a payment",
  "product.create_many": "gives access to customers only when Stripe reports a payment",
  "product.copy_to_live": "gives access to customers only when Stripe reports a payment",
  "product.archive": "hides a product",
  "product.set_allowance": "adds units to a product; no customer's data",
  "project.rotate_link_secret": "taking power away must not wait; it is confirmed",
  "project.set_signals": "only decides when events are sent that no endpoint gets unasked",
  "project.set_rate_limit": "slows requests down, and is confirmed when it is lowered",
  "stripe_backfill.resume": "reads what Stripe has",
  "stripe_backfill.stop": "stopping must not wait",
  "shadow.clear": "deletes a list that no access depends on",
  "api_key.revoke": "taking power away must not wait",
  "endpoint.disable": "stopping must not wait",
  "delivery_job.stop": "stopping must not wait",
  "alert.assign": "a mark for other operators",
  "alert.snooze": "a mark for other operators",
  "alert.finish": "a mark for other operators",
  "alert_rules.change": "which messages its own channels get",
  "alert_channel.delete": "stopping must not wait",
  "project.create": "an empty project",
  "project.archive": "hides a project",
  "project.change_settings": "no secret and no access",
  "invitation.revoke": "taking power away must not wait",
  "member.remove": "taking power away must not wait",
  "member.leave": "gives up power",
  "audit_log.export": "what the same role reads on the page",
  "operator.change_password": "its form has the password",
  "operator.end_session": "taking power away must not wait",
  "operator.confirm_second_factor": "its form has the code of a secret that the password created",
  "operator.disable_second_factor": "its form has a code",
};

describe("the table of operations", () => {
  it("requires recent authentication of every operation that yields more than the present proof allows", () => {
    const required = operations.filter(({ recentAuth }) => recentAuth !== "never");
    expect(Object.fromEntries(required.map(({ name, recentAuth }) => [name, recentAuth]))).toEqual(yielding);
  });

  it("has a reason for every other operation that changes something", () => {
    const rest = operations.filter(({ recentAuth, audit }) => recentAuth === "never" && audit.length > 0);
    expect(rest.map(({ name }) => name).toSorted()).toEqual(Object.keys(yieldingNothing).toSorted());
  });
});

describe("an owner who has a second factor", () => {
  it("can't end anyone's second factor, or give power away, after entering a password alone", async () => {
    const { accountId } = await newWorld();
    const owner = await newOperator("owner", accountId);
    const { secret } = await turnOnSecondFactor(owner);
    const member = await newOperator("owner", accountId);
    await provision(inject("origin"), "ageProof", owner.email, 31 * 60_000);
    const { html: team } = await owner.portal.get("/team");
    const [, memberId = ""] =
      new RegExp(`${member.email}.*?name="operator" value="([^"]+)"`, "s").exec(team) ?? [];
    const tries: [string, Record<string, string>][] = [
      [`/team/reset/${memberId}`, { scope: "both" }],
      ["/team/invitations", { email: "accomplice@tests.example", role: "owner" }],
      ["/account/providers/link", { provider: "google" }],
    ];
    for (const [path, fields] of tries) {
      const page = await owner.portal.post(path, fields);
      expect(page.status).toBe(401);
      expect(page.html).toContain("one of your backup codes");
      const pending = { "pending.method": "POST", "pending.path": path };
      const reply = await owner.portal.post("/prove", { ...pending, proof: owner.password });
      expect(reply.status).toBe(422);
      expect((await owner.portal.post(path, fields)).status).toBe(401);
    }
    await owner.portal.submit("/prove", { proof: buildTotpCode(secret, 1) });
    const { html } = await owner.portal.submit(`/team/reset/${memberId}`, { scope: "both" });
    expect(html).toContain("/reset/");
  });
});

describe("an operator who authenticated long ago", () => {
  let world: World;
  let owner: TestOperator;

  beforeAll(async () => {
    world = await newWorld();
    owner = await newOperator("owner", world.accountId);
    await provision(inject("origin"), "ageProof", owner.email, 31 * 60_000);
  });

  const forms = routes.filter(({ method, recentAuth }) => method === "POST" && recentAuth !== "never");

  it.each(forms.map((route) => [route.path, route] as const))(
    "has to enter a password or code before POST %s takes effect in live mode",
    async (_path, { path }) => {
      const target = path
        .replace(":project", world.projectId)
        .replace(":mode", "live")
        .replace(/:(\w+)/g, "none");
      const reply = await owner.portal.post(target, {});
      expect(reply.status).toBe(401);
      expect(reply.html).toContain("Confirm your identity");
      expect(reply.html).toContain(`name="pending.path" value="${target}"`);
    },
  );

  it("can't invite an owner, raise a role or set the plan, and nothing of it happens", async () => {
    const guest = `guest-${world.projectId}@tests.example`;
    const invitation = { invitation_id: `inv_${"0".repeat(26)}`, email: guest, role: "owner" };
    expect((await owner.portal.post("/team/invitations", invitation)).status).toBe(401);
    const member = await newOperator("viewer", world.accountId);
    const team = (await owner.portal.get("/team")).html;
    const operator =
      new RegExp(`${member.email}.*?name="operator" value="([^"]+)"`, "s").exec(team)?.[1] ?? "";
    const raise = { operator, from: "viewer", role: "owner" };
    expect((await owner.portal.post("/team/role", raise)).status).toBe(401);
    expect((await owner.portal.post("/plan", { plan: "none" })).status).toBe(401);
    expect((await owner.portal.get("/team")).html).not.toContain(guest);
    expect((await member.portal.get("/account")).html).toContain("· Viewer");
    expect((await owner.portal.get("/plan")).html).toContain("Active");
  });
});
