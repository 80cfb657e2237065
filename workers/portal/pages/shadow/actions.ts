import {
  type ComparedAnswer,
  clearShadow,
  compareAccess,
  maxComparedPerCall,
} from "../../../../shared/contract/operations/shadow.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { formatCustomers } from "../../components/labels/bulk.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { renderShadowPage } from "./page.tsx";
import { parseAnswers } from "./parse-answers.ts";

/** Compares a pasted or uploaded list, and shows the result. Records nothing. */
export async function compareList(c: PortalContext) {
  const form = await readForm(c);
  const [pasted, uploaded] = [readField(form, "answers"), readField(form, "file")];
  const values = { answers: pasted };
  if ((pasted === "") === (uploaded === "")) {
    const message =
      pasted === "" ? "Paste a list, or choose a file." : "Paste a list or choose a file, not both.";
    return renderShadowPage(c, { form: { values, errors: { answers: message } }, status: 422 });
  }
  const { answers, doubled, problems, wrong } = parseAnswers(pasted === "" ? uploaded : pasted);
  if (wrong > 0)
    return renderShadowPage(c, {
      form: { values, errors: {} },
      report: { outcome: "problems", problems, wrong },
      status: 422,
    });
  const compared: ComparedAnswer[] = [];
  for (let index = 0; index < answers.length; index += maxComparedPerCall) {
    const part = answers.slice(index, index + maxComparedPerCall);
    const reply = await callOperation(c, compareAccess, { answers: part });
    if (reply.outcome === "refused") return renderRefusalPage(c, reply);
    compared.push(...reply.compared);
  }
  return renderShadowPage(c, {
    form: { values, errors: {} },
    report: { outcome: "compared", compared, doubled },
  });
}

export function confirmClearing(c: PortalContext): Confirmation {
  return {
    title: `Clear the list of disagreements in ${c.get("mode")} mode?`,
    text: "Licenzy forgets every listed disagreement. The counts stay. Later disagreements are listed again.",
    button: "Clear list",
    back: buildPath(c, "/shadow"),
  };
}

export async function clearList(c: PortalContext) {
  const reply = await callOperation(c, clearShadow, {});
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const customers = formatCustomers(reply.cleared);
  return redirectWith(c, buildPath(c, "/shadow"), `List cleared: ${customers}.`);
}
