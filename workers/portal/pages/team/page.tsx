import { changeMemberRole, createResetLink } from "../../../../shared/contract/operations/members.ts";
import { hasRole, type Role, roleDescriptions, roles } from "../../../../shared/contract/roles.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { isMailEnabled, type MailOutcome } from "../../../../shared/kit/send-mail.ts";
import { mayRun } from "../../auth/may-run.ts";
import {
  ActionButton,
  emptyForm,
  Field,
  FieldError,
  type FormState,
  Radios,
} from "../../components/fields.tsx";
import { roleLabels } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, PageHead, Pill } from "../../components/parts.tsx";
import { actionsColumn, Cell, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import type { InvitationRow } from "../../db/invitations.ts";
import { readTeam } from "../../db/members.ts";
import type { PortalContext } from "../../request-context.ts";

type Team = Awaited<ReturnType<typeof readTeam>>;
type Person = Team["people"][number];

interface NewLink {
  url: string;
  email: string;
  mail: MailOutcome;
  /** How long the link works, and what else it does. */
  note: string;
}

interface TeamPageOptions {
  form?: FormState;
  status?: 200 | 409 | 422;
  /** A link that was just created. No other page ever shows it. */
  link?: NewLink;
}

export async function renderTeamPage(
  c: PortalContext,
  { form = emptyForm, status = 200, link }: TeamPageOptions = {},
) {
  const { accountId } = c.get("member");
  const { people, invited } = await readTeam(c.env.DB, accountId, c.get("now"));
  const canManage = mayRun(c, changeMemberRole);
  return renderPage(
    c,
    { title: "Team", status },
    <>
      <PageHead title="Team" lead={"Manage members and roles."} />
      {link === undefined ? null : <LinkNotice link={link} />}
      <Card title="Members">
        <Table label="Members" columns={["Name", "Role", "Second factor", "Since", actionsColumn]}>
          {people.map((person) => (
            <MemberRow c={c} person={person} canManage={canManage} />
          ))}
        </Table>
      </Card>
      {invited.length > 0 ? <Invited c={c} invited={invited} canManage={canManage} /> : null}
      {canManage ? (
        <InviteForm c={c} form={form} />
      ) : (
        <p class="quiet">An owner can invite others and change roles.</p>
      )}
    </>,
  );
}

function LinkNotice({ link: { url, email, mail, note } }: { link: NewLink }) {
  return (
    <section class={`notice ${mail.outcome === "failed" ? "bad" : "good"}`} aria-label="One-time link">
      <p>
        {mail.outcome === "sent" ? (
          <>
            <b>Sent to {email}.</b> The email has this link.
          </>
        ) : mail.outcome === "failed" ? (
          <>
            <b>The email could not be sent: {mail.reason}.</b> The link works. Send it to {email} yourself.
          </>
        ) : (
          <b>Send this link to {email}.</b>
        )}{" "}
        {note}
      </p>
      <p class="secret">
        <code id="one-time-link">{url}</code>
        <CopyButton value={url} />
      </p>
    </section>
  );
}

function MemberRow({ c, person, canManage }: { c: PortalContext; person: Person; canManage: boolean }) {
  const { operatorId, name, email, role, hasSecondFactor, createdAt } = person;
  const isSelf = operatorId === c.get("member").operatorId;
  return (
    <Row>
      <Cell class="wrap">
        <b>{name}</b> {isSelf ? <Pill>You</Pill> : null}
        <small>{email}</small>
      </Cell>
      <Cell>
        {canManage ? (
          <form class="row" method="post" action="/team/role" data-confirm={isSelf ? "" : undefined}>
            <input type="hidden" name="operator" value={operatorId} />
            <input type="hidden" name="from" value={role} />
            <select name="role" aria-label={`Role of ${name}`}>
              {roles.map((value) => (
                <option value={value} selected={value === role}>
                  {roleLabels[value]}
                </option>
              ))}
            </select>
            <button class="button small" type="submit">
              Update role
            </button>
          </form>
        ) : (
          roleLabels[role]
        )}
      </Cell>
      <Cell>{hasSecondFactor ? <Pill tone="good">On</Pill> : <Pill>Off</Pill>}</Cell>
      <Cell>
        <Time at={createdAt} now={c.get("now")} />
      </Cell>
      <Cell>
        {/* A row of boxes: a line of text would move while the page is parsed. */}
        <div class="actions">
          {!isSelf && mayRun(c, createResetLink) ? (
            <a class="button small" href={`/team/reset/${operatorId}`}>
              Reset sign-in…
            </a>
          ) : null}
          {isSelf || canManage ? (
            <ActionButton
              action={isSelf ? "/team/leave" : "/team/remove"}
              fields={{ operator: operatorId }}
              label={isSelf ? "Leave account…" : "Remove member…"}
              tone="danger"
              confirms
            />
          ) : null}
        </div>
      </Cell>
    </Row>
  );
}

function Invited({
  c,
  invited,
  canManage,
}: {
  c: PortalContext;
  invited: InvitationRow[];
  canManage: boolean;
}) {
  const now = c.get("now");
  return (
    <Card title="Pending invitations">
      <Table label="Pending invitations" columns={["Email", "Role", "Expires", actionsColumn]}>
        {invited.map(({ invitationId, email, role, expiresAt }) => (
          <Row>
            <Cell class="wrap">{email}</Cell>
            <Cell>{roleLabels[role]}</Cell>
            <Cell>
              <Time at={expiresAt} now={now} />
            </Cell>
            <Cell>
              {canManage ? (
                <div class="actions">
                  <ActionButton
                    action="/team/invitations/renew"
                    fields={{ invitation: invitationId, expires_at: String(expiresAt) }}
                    label={isMailEnabled(c.env) ? "Resend invitation" : "Create new link"}
                  />
                  <ActionButton
                    action="/team/invitations/revoke"
                    fields={{ invitation: invitationId }}
                    label="Revoke invitation…"
                    tone="danger"
                    confirms
                  />
                </div>
              ) : null}
            </Cell>
          </Row>
        ))}
      </Table>
    </Card>
  );
}

function InviteForm({ c, form }: { c: PortalContext; form: FormState }) {
  const options = roles
    .filter((role) => hasRole(c.get("member").role, role))
    .map((value: Role) => ({ value, label: roleLabels[value], meaning: roleDescriptions[value] }));
  const isMailed = isMailEnabled(c.env);
  return (
    <Card title="Invite a member" note={isMailed ? "We email the invitation" : "You get a link to send"} pad>
      <form method="post" action="/team/invitations" class="form">
        <input type="hidden" name="invitation_id" value={newId("inv", c.get("now"))} />
        <Field form={form} name="email" label="Email" type="email" autocomplete="off" />
        <Radios form={form} name="role" label="Role" options={options} fallback="support" />
        <FieldError form={form} name="" />
        <div>
          <button class="button primary" type="submit">
            {isMailed ? "Send invitation" : "Create invitation link"}
          </button>
        </div>
      </form>
    </Card>
  );
}
