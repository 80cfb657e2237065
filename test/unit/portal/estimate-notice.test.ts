import { jsx } from "hono/jsx";
import { describe, expect, it } from "vitest";
import type { Role } from "../../../shared/contract/roles.ts";
import type { CustomerListItem } from "../../../workers/portal/db/customers.ts";
import { EstimateNotice } from "../../../workers/portal/pages/customers/estimate-notice.tsx";
import type { PortalContext } from "../../../workers/portal/request-context.ts";

/** The parts of a request that the notice reads. */
const contextOf = (role: Role) => {
  const values: Record<string, unknown> = {
    member: { role },
    project: { projectId: "prj_1" },
    mode: "test",
    now: 1_764_374_400_000,
  };
  return { get: (name: string) => values[name] } as unknown as PortalContext;
};

const exact = { segments: [] } as unknown as CustomerListItem;
const estimated = { segments: null } as unknown as CustomerListItem;

const render = (role: Role, customers: CustomerListItem[]) =>
  String(jsx(EstimateNotice, { c: contextOf(role), customers }));

describe("the notice of estimated rows", () => {
  it("is shown only where the page has a row that an update estimated", () => {
    expect(render("admin", [exact, exact])).toBe("");
    expect(render("admin", [])).toBe("");
    expect(render("admin", [exact, estimated])).toContain("1 row is estimated since the last update");
    expect(render("admin", [estimated, estimated])).toContain("2 rows are estimated since the last update");
  });

  it("says that access checks are exact, and offers an admin to rebuild the search data once", () => {
    const rendered = render("admin", [estimated]);
    expect(rendered).toContain("Access checks are exact.");
    expect(rendered).toContain('action="/p/prj_1/test/data"');
    expect(rendered).toMatch(/name="job_id" value="job_\w+"/);
    expect(rendered).toContain('name="kind" value="resync"');
  });

  it("says who can rebuild to a role that can't, without a button", () => {
    const rendered = render("viewer", [estimated]);
    expect(rendered).toContain("An admin can rebuild the search data.");
    expect(rendered).not.toContain("<form");
  });
});
