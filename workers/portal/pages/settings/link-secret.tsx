import { rotateLinkSecret } from "../../../../shared/contract/operations/recovery-links.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { mayRun } from "../../auth/may-run.ts";
import { ActionButton } from "../../components/fields.tsx";
import { formatCount } from "../../components/labels/common.ts";
import { Card } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { Time } from "../../components/time.tsx";
import { readLinkSecretFacts } from "../../db/recovery-links.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, getData, type PortalContext } from "../../request-context.ts";

type Secret = Awaited<ReturnType<typeof readLinkSecretFacts>>;

const formatLinks = (links: number) =>
  links === 1 ? "1 working link" : `${formatCount(links)} working links`;

export function LinkSecretCard({ c, secret }: { c: PortalContext; secret: Secret }) {
  return (
    <Card title="Recovery links" note={secret === null ? "None yet" : formatLinks(secret.links)} pad>
      <p>
        Links that support sends to denied customers. A secret of the project signs them. Rotating it revokes
        every link at once, for example when one was sent to the wrong person.
      </p>
      {secret === null ? null : (
        <p class="quiet">
          Secret version {secret.version}, created <Time at={secret.createdAt} now={c.get("now")} />.
        </p>
      )}
      {secret !== null && mayRun(c, rotateLinkSecret) ? (
        <ActionButton
          action={buildPath(c, "/settings/link-secret")}
          label="Rotate link secret…"
          fields={{ secret_version: String(secret.version) }}
          confirms
        />
      ) : null}
    </Card>
  );
}

export async function confirmRotation(c: PortalContext): Promise<Confirmation> {
  const { projectId, name } = c.get("project");
  const secret = await readLinkSecretFacts(getData(c), projectId, c.get("now"));
  return {
    title: "Rotate the link secret?",
    text: `${formatLinks(secret?.links ?? 0)} of ${name} in test and live mode will stop working at once. Customers see “This link was revoked”. This can't be undone; you can send new links.`,
    button: "Rotate link secret",
    back: buildPath(c, "/settings"),
  };
}

export async function rotateSecret(c: PortalContext) {
  const secretVersion = parseWholeNumber(readField(await readForm(c), "secret_version"));
  const reply = await callOperation(c, rotateLinkSecret, { secretVersion });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, "/settings"), "Link secret rotated. Earlier links are revoked.");
}
