import type { ApiKeyRow } from "../../../../shared/db/api-keys.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { emptyForm, Select, SubmitButton } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { PageHead } from "../../components/parts.tsx";
import { FullTime } from "../../components/time.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";

/** Explains the effect of rotating a key before it happens. */
export function renderRotatePage(c: PortalContext, key: ApiKeyRow, error: string | null = null) {
  const title = `Rotate ${key.name}`;
  return renderPage(
    c,
    { title, status: error === null ? 200 : 409 },
    <>
      <PageHead
        title={title}
        lead="Creates a new key with the same name. The old key keeps working for the time you choose, so that you can switch without an outage."
      />
      <form method="post" action={buildPath(c, `/keys/${key.keyId}/rotate`)} class="form">
        <p>
          {key.expiresAt === null ? (
            "The new key never expires, like the old one."
          ) : (
            <>
              The new key expires with the old one, on <FullTime at={key.expiresAt} now={c.get("now")} />.
              Create a new key if it should work longer.
            </>
          )}
        </p>
        <input type="hidden" name="new_key_id" value={newId("key", c.get("now"))} />
        <Select
          form={emptyForm}
          name="overlap"
          label="The old key works for"
          options={overlaps}
          fallback="24"
        />
        {error === null ? null : (
          <p class="fault" role="alert">
            {error}
          </p>
        )}
        <div class="row">
          <SubmitButton>Rotate key</SubmitButton>
          <a class="button" href={buildPath(c, "/keys")}>
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

/** Values are in hours. */
const overlaps = [
  { value: "0", label: "0 hours (stops now)" },
  { value: "1", label: "1 hour" },
  { value: "24", label: "1 day" },
  { value: "168", label: "7 days" },
];
