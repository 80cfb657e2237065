import { hiddenField, hiddenFields, type PortalClient, unescaped } from "../seed/portal-client.ts";

/** The two fields that every action needs. An alias, since interfaces are no records. */
type Reason = { reason: string; text: string };

/** An operator who works on customers in the portal: opens a form, previews, confirms. */
export class Operator {
  /** `projectPath` is the project and mode, such as `/p/prj_…/test`. */
  constructor(
    readonly portal: PortalClient,
    readonly projectPath: string,
  ) {}

  async grant(
    subjectRef: string,
    fields: { product_code: string; units?: string } & Reason,
  ): Promise<number> {
    return this.act(subjectRef, "grant", {}, { units: "", duration_days: "", ends_on: "", ...fields });
  }

  async undo(subjectRef: string, sequence: number, reason: Reason): Promise<void> {
    await this.act(subjectRef, "undo", { sequence: String(sequence) }, reason);
  }

  async addUnits(subjectRef: string, units: number, reason: Reason): Promise<void> {
    const entitlement_id = await this.entitlementOf(subjectRef);
    await this.act(subjectRef, "adjust", { entitlement_id }, { how: "add", units: String(units), ...reason });
  }

  async revoke(subjectRef: string, reason: Reason): Promise<void> {
    await this.act(subjectRef, "revoke", { entitlement_id: await this.entitlementOf(subjectRef) }, reason);
  }

  /** Lifts the only hold of the customer. */
  async liftHold(subjectRef: string, reason: Reason): Promise<void> {
    const { html } = await this.portal.get(this.pathOf(subjectRef));
    const query = /\/lift-hold\?([^"]+)"/.exec(html)?.[1];
    if (query === undefined) throw new Error("the customer has no hold");
    const target = Object.fromEntries(new URLSearchParams(unescaped(query)));
    await this.act(subjectRef, "lift-hold", target, reason);
  }

  async note(subjectRef: string, note: string): Promise<void> {
    const { html } = await this.portal.get(this.pathOf(subjectRef, "?tab=notes"));
    await this.portal.submit(this.pathOf(subjectRef, "/notes"), {
      note_id: hiddenField(html, "note_id"),
      note,
    });
  }

  private pathOf(subjectRef: string, page = ""): string {
    return `${this.projectPath}/customers/${encodeURIComponent(subjectRef)}${page}`;
  }

  private async entitlementOf(subjectRef: string): Promise<string> {
    const { html } = await this.portal.get(this.pathOf(subjectRef));
    const id = /id="(ent_[0-9a-z]{26})"/.exec(html)?.[1];
    if (id === undefined) throw new Error("the customer has no entitlement");
    return id;
  }

  /** Returns the sequence of the ledger entry. */
  private async act(
    subjectRef: string,
    action: string,
    query: Record<string, string>,
    entered: Record<string, string>,
  ): Promise<number> {
    const path = this.pathOf(subjectRef, `/${action}`);
    const opened = await this.portal.get(`${path}?${new URLSearchParams(query)}`);
    const previewed = await this.portal.submit(`${path}/preview`, {
      ...query,
      ...hiddenFields(opened.html, `${path}/preview`),
      ...entered,
    });
    const { location } = await this.portal.submit(path, hiddenFields(previewed.html, path));
    return Number(/\?done=(\d+)$/.exec(location ?? "")?.[1]);
  }
}
