import type { PlanStatus } from "../../../../shared/contract/enums.ts";
import { planStatuses } from "../../../../shared/contract/enums.ts";
import * as projects from "../../../../shared/contract/operations/projects.ts";
import { mayRun } from "../../auth/may-run.ts";
import { type FormState, Radios } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead, Pill } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import type { PortalContext } from "../../request-context.ts";

const meanings: Record<PlanStatus, string> = {
  none: "Test mode only. Live writes of your backends are refused.",
  trial: "Everything works, in live mode too.",
  active: "Everything works, in live mode too.",
  lapsed: "Live writes of your backends are refused; checks and test mode go on.",
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
  const works = plan === "active" || plan === "trial";
  const form: FormState = { values: { plan }, errors: {} };
  const options = planStatuses.map((value) => ({ value, label: names[value], meaning: meanings[value] }));
  return renderPage(
    c,
    { title: "Plan" },
    <>
      <PageHead title="Plan" lead={`Whether ${accountName} may act in live mode.`} />
      <Card title="Now" note={<Pill tone={works ? "good" : "warn"}>{names[plan]}</Pill>} pad>
        <p>{meanings[plan]}</p>
      </Card>
      {mayRun(c, projects.setPlan) ? (
        <Card title="Set the plan" note="This installation is yours: nothing is billed." pad>
          <form method="post" action="/plan" class="form">
            <Radios form={form} name="plan" label="Status" options={options} fallback={plan} />
            <div>
              <button class="button primary" type="submit">
                Set plan
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

export async function setPlan(c: PortalContext) {
  const form = await readForm(c);
  const reply = await callOperation(c, projects.setPlan, { plan: form["plan"] as PlanStatus });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, "/plan", "The plan is set, and every key follows it.");
}
