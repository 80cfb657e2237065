import { readLastScope } from "../../components/layout.tsx";
import { buildProjectPath, type PortalContext } from "../../request-context.ts";

/** Redirects `/` to the project that was opened last, or to the list of projects. */
export function redirectToStart(c: PortalContext) {
  const scope = readLastScope(c);
  return c.redirect(scope === null ? "/projects" : buildProjectPath(scope.projectId, scope.mode), 303);
}
