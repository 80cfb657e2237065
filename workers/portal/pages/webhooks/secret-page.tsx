import { renderPage } from "../../components/layout.tsx";
import { CopyButton, PageHead } from "../../components/parts.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";

/** Shows a signing secret. Only the response to the form that requested it contains the secret. */
export function renderSecretPage(
  c: PortalContext,
  { endpointId, secret, text }: { endpointId: string; secret: string; text: string },
) {
  const path = buildPath(c, `/webhooks/${endpointId}`);
  return renderPage(
    c,
    { title: "Signing secret" },
    <>
      <PageHead title="Signing secret" lead={text} />
      <section class="notice good" aria-label="Signing secret">
        <p>
          <b>Store it with your backend's secrets.</b> Any Standard Webhooks library verifies requests with
          it.
        </p>
        <p class="secret">
          <code id="signing-secret">{secret}</code>
          <CopyButton value={secret} />
        </p>
      </section>
      <div class="row">
        <a class="button primary" href={path}>
          View endpoint
        </a>
      </div>
    </>,
  );
}
