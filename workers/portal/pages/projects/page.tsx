import {
  archiveProject,
  changeProjectSettings,
  createProject,
} from "../../../../shared/contract/operations/projects.ts";
import { chooseDatabase } from "../../../../shared/db/place-project.ts";
import { newProjectId } from "../../../../shared/kit/ids.ts";
import { mayRun } from "../../auth/may-run.ts";
import {
  ActionButton,
  emptyForm,
  Field,
  FieldError,
  type FormState,
  Select,
} from "../../components/fields.tsx";
import { regionLabels, regionOptions } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, Id, PageHead, Pill } from "../../components/parts.tsx";
import { actionsColumn, Cell, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { buildProjectPath, type PortalContext } from "../../request-context.ts";

export async function renderProjectsPage(
  c: PortalContext,
  form: FormState = emptyForm,
  status: 200 | 409 | 422 = 200,
) {
  const { projects } = c.get("member");
  const now = c.get("now");
  const newId = form.values["project_id"] ?? newProjectId(now, await chooseDatabase(c.env));
  return renderPage(
    c,
    { title: "Projects", status },
    <>
      <PageHead title="Projects" lead="Each project has its own customers, keys and Stripe connections." />
      <Card>
        {projects.length === 0 ? (
          <Empty title="No projects yet">
            <p>Customers, products and keys belong to a project. Create the first one below.</p>
          </Empty>
        ) : (
          <Table label="Projects" columns={["Name", "ID", "Region", "Created", actionsColumn]}>
            {projects.map(({ projectId, name, region, archivedAt, createdAt }) => (
              <Row>
                <Cell class="wrap">
                  <a href={buildProjectPath(projectId, "test")}>
                    <b>{name}</b>
                  </a>{" "}
                  {archivedAt === null ? null : <Pill>Archived</Pill>}
                </Cell>
                <Cell>
                  <Id value={projectId} />
                </Cell>
                <Cell>{regionLabels[region]}</Cell>
                <Cell>
                  <Time at={createdAt} now={now} />
                </Cell>
                <Cell>
                  <div class="actions">
                    <a class="button small" href={buildProjectPath(projectId, "test", "/settings")}>
                      {mayRun(c, changeProjectSettings) ? "Rename project…" : "View settings"}
                    </a>
                    {mayRun(c, archiveProject) ? (
                      <ActionButton
                        action={archivedAt === null ? "/projects/archive" : "/projects/restore"}
                        fields={{ project: projectId }}
                        label={archivedAt === null ? "Archive project…" : "Restore project"}
                        confirms={archivedAt === null}
                      />
                    ) : null}
                  </div>
                </Cell>
              </Row>
            ))}
          </Table>
        )}
      </Card>
      {mayRun(c, createProject) ? (
        <Card title="New project" pad>
          <form method="post" action="/projects" class="form">
            <input type="hidden" name="project_id" value={newId} />
            <Field form={form} name="name" label="Name" placeholder="Acme Writer" />
            <Select
              form={form}
              name="region"
              label="Region"
              hint="Choose the region nearest to your backend. Can't be changed later."
              options={regionOptions}
              fallback="weur"
            />
            <FieldError form={form} name="" />
            <div>
              <button class="button primary" type="submit">
                Create project
              </button>
            </div>
          </form>
        </Card>
      ) : null}
    </>,
  );
}
