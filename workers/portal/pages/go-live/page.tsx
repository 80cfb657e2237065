import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { type GoLiveFacts, maxMissingTwins, readGoLiveFacts } from "../../db/go-live.ts";
import { buildProjectPath, type PortalContext } from "../../request-context.ts";

interface Line {
  done: boolean;
  title: string;
  text: string;
  page: string;
  action: string;
}

/** Lists what is missing before live mode can take payments. Each line is computed on every request. */
export async function showGoLive(c: PortalContext) {
  const { projectId, name } = c.get("project");
  const lines = buildLines(await readGoLiveFacts(c.env.DB, projectId, c.get("now")));
  const open = lines.filter(({ done }) => !done).length;
  return renderPage(
    c,
    { title: "Go live" },
    <>
      <PageHead title="Go-live checklist" lead={`What ${name} needs to accept real payments.`} />
      {open === 0 ? (
        <div class="notice good">
          <p>
            <b>{name} is live.</b> A purchase in live mode went through from checkout to access.
          </p>
        </div>
      ) : null}
      <Card title="Checklist" note={`${lines.length - open} of ${lines.length} done`}>
        <ol class="steps">
          {lines.map(({ done, title, text, page: where, action }, index) => (
            <li class={done ? "step done" : "step"}>
              <span class="mark" aria-hidden="true">
                {done ? "✓" : index + 1}
              </span>
              <div>
                <b>{title}</b> {done ? <span class="quiet">· done</span> : <p>{text}</p>}
              </div>
              {done ? null : (
                <a class="button small" href={buildProjectPath(projectId, "live", where)}>
                  {action}
                </a>
              )}
            </li>
          ))}
        </ol>
      </Card>
    </>,
  );
}

function formatMissing(codes: string[]): string {
  const more = codes.length > maxMissingTwins ? ", and more" : "";
  return `${codes.slice(0, maxMissingTwins).join(", ")}${more}`;
}

function buildLines(facts: GoLiveFacts): Line[] {
  const { missingTwins, testProducts } = facts;
  return [
    {
      done: facts.isConnected,
      title: "Connect Stripe in live mode",
      text: "Use a live key of your Stripe account.",
      page: "/stripe",
      action: "Connect",
    },
    {
      done: testProducts > 0 && missingTwins.length === 0,
      title: "Create each test product in live mode",
      text:
        testProducts === 0
          ? "No products in test mode yet. Create one there first."
          : `Missing in live mode: ${formatMissing(missingTwins)}.`,
      page: "/products",
      action: "Products",
    },
    {
      done: facts.hasKey,
      title: "Create a live API key",
      text: "Authenticates your backend in production.",
      page: "/keys",
      action: "Create",
    },
    {
      done: facts.hasWebhookEvent,
      title: "Receive a live Stripe event",
      text: "Register the webhook, then send a test event from Stripe or make a sale.",
      page: "/stripe",
      action: "Webhook",
    },
    {
      done: facts.hasPurchase,
      title: "Complete a live purchase",
      text: "Buy a product yourself, then refund it in Stripe.",
      page: "/customers",
      action: "Customers",
    },
  ];
}
