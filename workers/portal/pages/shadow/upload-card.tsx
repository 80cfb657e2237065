import { FieldError, type FormState } from "../../components/fields.tsx";
import { Card } from "../../components/parts.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { type UploadReport, UploadResult } from "./upload-report.tsx";

/** The form to compare a list at once, and the result of the last one. */
export function UploadCard({
  c,
  form,
  report,
}: {
  c: PortalContext;
  form: FormState;
  report: UploadReport | undefined;
}) {
  const error = form.errors["answers"];
  return (
    <Card title="Compare a list" note="Compared as of now, not recorded" id="compare">
      {report === undefined ? null : <UploadResult c={c} report={report} />}
      <div class="pad">
        <form
          method="post"
          action={buildPath(c, "/shadow/compare")}
          class="form"
          enctype="multipart/form-data"
        >
          <div class="field">
            <label for="answers">Your app's answers</label>
            <textarea
              id="answers"
              name="answers"
              class="mono"
              rows={6}
              placeholder={"subject_ref,allowed\nuser_1,true"}
              aria-describedby="answers-hint"
              aria-invalid={error === undefined ? undefined : "true"}
            >
              {form.values["answers"] ?? ""}
            </textarea>
            <p class="hint" id="answers-hint">
              CSV with the columns <code>subject_ref</code> and <code>allowed</code> (true or false). Up to
              1,000 customers.
            </p>
            <FieldError form={form} name="answers" />
          </div>
          <div class="field">
            <label for="file">
              Or upload a file<span class="quiet"> (optional)</span>
            </label>
            <input id="file" name="file" type="file" accept=".csv,.txt,.tsv,text/csv,text/plain" />
          </div>
          <div>
            <button class="button primary" type="submit">
              Compare answers
            </button>
          </div>
        </form>
      </div>
    </Card>
  );
}
