import {
  archiveProject,
  changeProjectSettings,
  createProject,
} from "../../../../shared/contract/operations/projects.ts";
import { newId } from "../../../../shared/kit/ids.ts";
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
import { Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { buildProjectPath, type PortalContext } from "../../request-context.ts";

export function renderProjectsPage(c: PortalContext, form: FormState = emptyForm, status: 200 | 422 = 200) {
  const { projects } = c.get("member");
  const now = c.get("now");
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
          <Table
            label="Projects"
            head={["Name", "Id", "Region", "Created", <span class="quiet">Actions</span>]}
          >
            {projects.map(({ projectId, name, region, archivedAt, createdAt }) => (
              <tr>
                <td class="wrap">
                  <a href={buildProjectPath(projectId, "test")}>
                    <b>{name}</b>
                  </a>{" "}
                  {archivedAt === null ? null : <Pill>Archived</Pill>}
                </td>
                <td>
                  <Id value={projectId} />
                </td>
                <td>{regionLabels[region]}</td>
                <td>
                  <Time at={createdAt} now={now} />
                </td>
                <td class="end">
                  <div class="actions">
                    <a class="button small" href={buildProjectPath(projectId, "test", "/settings")}>
                      {mayRun(c, changeProjectSettings) ? "Rename…" : "Settings"}
                    </a>
                    {mayRun(c, archiveProject) ? (
                      <ActionButton
                        action={archivedAt === null ? "/projects/archive" : "/projects/restore"}
                        fields={{ project: projectId }}
                        label={archivedAt === null ? "Archive…" : "Restore"}
                        confirms={archivedAt === null}
                      />
                    ) : null}
                  </div>
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      {mayRun(c, createProject) ? (
        <Card title="New project" pad>
          <form method="post" action="/projects" class="form">
            <input type="hidden" name="project_id" value={form.values["project_id"] ?? newId("prj", now)} />
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
