import type { PlanStatus } from "../../../../shared/contract/enums.ts";
import { planStatuses } from "../../../../shared/contract/enums.ts";
import * as projects from "../../../../shared/contract/operations/projects.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { mayRun } from "../../auth/may-run.ts";
import { type FormState, Radios } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead, Pill } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import type { Form, PortalContext } from "../../request-context.ts";

const meanings: Record<PlanStatus, string> = {
  none: "Test mode only. Live writes are disabled.",
  trial: "Test and live mode are enabled.",
  active: "Test and live mode are enabled.",
  lapsed: "Live writes are disabled. Access checks and test mode continue.",
};

const names: Record<PlanStatus, string> = {
  none: "None",
  trial: "Trial",
  active: "Active",
  lapsed: "Lapsed",
};

export function showPlan(c: PortalContext) {
  const { planStatus, accountName } = c.get("member");
  const plan = planStatus ?? "none";
  const form: FormState = { values: { plan }, errors: {} };
  const options = planStatuses.map((value) => ({ value, label: names[value], meaning: meanings[value] }));
  return renderPage(
    c,
    { title: "Plan" },
    <>
      <PageHead title="Plan" lead={`Live mode access for ${accountName}.`} />
      <Card
        title="Current plan"
        note={<Pill tone={writesLive(plan) ? "good" : "warn"}>{names[plan]}</Pill>}
        pad
      >
        <p>{meanings[plan]}</p>
      </Card>
      {mayRun(c, projects.setPlan) ? (
        <Card title="Change plan" note="Self-hosted: no charges" pad>
          <form method="post" action="/plan" class="form" data-confirm="">
            <Radios form={form} name="plan" label="Status" options={options} fallback={plan} />
            <div>
              <button class="button primary" type="submit">
                Update plan
              </button>
            </div>
          </form>
        </Card>
      ) : (
        <p class="quiet">An owner can change it.</p>
      )}
    </>,
  );
}

/** A plan that disables live writes is confirmed: checkouts fail from then on. */
export function confirmPlan(c: PortalContext, form: Form): Confirmation | null {
  const to = planStatuses.find((status) => status === form["plan"]);
  if (to === undefined || writesLive(to) || !writesLive(c.get("member").planStatus ?? "none")) return null;
  return {
    title: `Change the plan to ${names[to].toLowerCase()}?`,
    text: `Live writes are disabled for ${c.get("member").accountName}: new checkouts and usage in live mode are refused until an owner changes the plan again. Access checks continue.`,
    button: `Change plan to ${names[to].toLowerCase()}`,
    back: "/plan",
  };
}

const writesLive = (plan: PlanStatus) => plan === "active" || plan === "trial";

export async function setPlan(c: PortalContext) {
  const form = await readForm(c);
  const reply = await callOperation(c, projects.setPlan, { plan: form["plan"] as PlanStatus });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, "/plan", "Plan updated.");
}
