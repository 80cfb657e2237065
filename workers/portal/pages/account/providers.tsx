import { listProviders, type Provider, providerLabels } from "../../auth/sign-in-service.ts";
import { ActionButton } from "../../components/fields.tsx";
import { Card } from "../../components/parts.tsx";
import { actionsColumn, Cell, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import type { listIdentities } from "../../db/sessions.ts";
import type { PortalContext } from "../../request-context.ts";

type Identity = Awaited<ReturnType<typeof listIdentities>>[number];

/** Lists the linked accounts at providers, and offers to link those that are configured. */
export function Providers({ c, identities }: { c: PortalContext; identities: Identity[] }) {
  const linked = new Set(identities.map(({ provider }) => provider));
  const offered = listProviders(c.env).filter((provider) => !linked.has(provider));
  if (identities.length === 0 && offered.length === 0) return null;
  return (
    <Card
      title="Linked accounts"
      note={offered.map((provider) => (
        <ActionButton
          action="/account/providers/link"
          fields={{ provider }}
          label={`Link ${providerLabels[provider]}…`}
        />
      ))}
    >
      {identities.length === 0 ? (
        <p class="quiet pad">None yet. With a linked account you can sign in without your password.</p>
      ) : (
        <Table label="Linked accounts" columns={["Provider", "Linked", actionsColumn]}>
          {identities.map(({ identityId, provider, createdAt }) => (
            <Row>
              <Cell>{providerLabels[provider as Provider] ?? provider}</Cell>
              <Cell>
                <Time at={createdAt.getTime()} now={Date.now()} />
              </Cell>
              <Cell>
                <ActionButton
                  action="/account/providers/unlink"
                  fields={{ identity: identityId }}
                  label="Unlink account…"
                  tone="danger"
                  confirms
                />
              </Cell>
            </Row>
          ))}
        </Table>
      )}
    </Card>
  );
}

/** Returns why the provider's account was not linked. */
export function toLinkMessage(error: string): string {
  if (error === "email_does_not_match")
    return "That account has another email address. Link an account with the address that you sign in with here.";
  if (error === "account_already_linked_to_different_user")
    return "That account is linked to another operator. Unlink it there first.";
  if (error === "unable_to_link_account")
    return "That account's email address is not verified there, or your session has ended. Verify it, then try again.";
  return "The account was not linked. Try again.";
}
