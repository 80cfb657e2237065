import { setRateLimit } from "../../../../shared/contract/operations/projects.ts";
import {
  defaultRateLimit,
  type RateLimitStep,
  rateLimitPeriodSeconds,
  rateLimits,
} from "../../../../shared/contract/rate-limits.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import { type ProjectRow, readProjectSettings } from "../../../../shared/db/projects.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { mayRun } from "../../auth/may-run.ts";
import { emptyForm, Select } from "../../components/fields.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { Card } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, type Form, type PortalContext } from "../../request-context.ts";

const perSeconds = `per ${rateLimitPeriodSeconds} s`;

const options = rateLimits.map((limit) => ({
  value: String(limit),
  label: limit === defaultRateLimit ? `${formatCount(limit)} (default)` : formatCount(limit),
}));

export function RateLimitCard({ c, project }: { c: PortalContext; project: ProjectRow }) {
  const current = project.rateLimit ?? defaultRateLimit;
  return (
    <Card title="Rate limit" note={`${formatCount(current)} requests ${perSeconds}`} pad>
      <p>
        Requests of one API key in {rateLimitPeriodSeconds} seconds. More are refused with 429. Each location
        of Cloudflare counts separately and lets a few more through.
      </p>
      {mayRun(c, setRateLimit) ? (
        <form method="post" action={buildPath(c, "/settings/rate-limit")} class="form" data-confirm="">
          <Select
            form={emptyForm}
            name="rate_limit"
            label={`Requests ${perSeconds}`}
            options={options}
            fallback={String(current)}
          />
          <div>
            <button class="button" type="submit">
              Change rate limit
            </button>
          </div>
        </form>
      ) : null}
    </Card>
  );
}

/** `NaN` for what is no whole number: the operation refuses it. */
const readLimit = (form: Form): number => parseWholeNumber(readField(form, "rate_limit"));

/** A lower limit is confirmed: the app's requests above it fail from then on. */
export async function confirmRateLimit(c: PortalContext, form: Form): Promise<Confirmation | null> {
  const to = rateLimits.find((limit) => limit === readLimit(form));
  const project = await readProjectSettings(c.env.DB, c.get("project").projectId);
  if (to === undefined || project === null || to >= (project.rateLimit ?? defaultRateLimit)) return null;
  return {
    title: `Lower the limit to ${formatCount(to)} requests ${perSeconds}?`,
    text: `It applies to every API key of ${project.name}, in test and live mode, within seconds. Requests above it are refused with 429.`,
    button: "Lower limit",
    back: buildPath(c, "/settings"),
  };
}

export async function saveRateLimit(c: PortalContext) {
  const rateLimit = readLimit(await readForm(c)) as RateLimitStep;
  const reply = await callOperation(c, setRateLimit, { rateLimit });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, "/settings"), "Rate limit changed. It applies within seconds.");
}
