import { emptyForm, type FormState } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { PageHead } from "../../components/parts.tsx";
import { readAlertSettings } from "../../db/alerts.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { Channels } from "./channels.tsx";
import { Rules } from "./rules.tsx";

export const showAlertSettings = (c: PortalContext) => renderAlertSettingsPage(c);

/** `rules` and `channel` are refused forms. */
export async function renderAlertSettingsPage(
  c: PortalContext,
  { rules = null, channel = emptyForm }: { rules?: FormState | null; channel?: FormState } = {},
  status: 200 | 409 | 422 = 200,
) {
  const { settings, channels } = await readAlertSettings(getData(c), getScope(c));
  return renderPage(
    c,
    { title: "Alert settings", status },
    <>
      <PageHead
        title="Alert settings"
        lead={`Rules and channels of ${c.get("mode")} mode. Licenzy checks the rules every minute.`}
      >
        <a class="button" href={buildPath(c, "/inbox")}>
          View inbox
        </a>
      </PageHead>
      <Channels c={c} channels={channels} form={channel} />
      <Rules c={c} settings={settings} sent={rules} />
    </>,
  );
}
