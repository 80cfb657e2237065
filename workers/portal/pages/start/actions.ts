import { lastPlace } from "../../components/frame.tsx";
import { type PortalContext, projectPath } from "../../request-context.ts";

/** Redirects `/` to the project that was opened last, or to the list of projects. */
export function start(c: PortalContext) {
  const scope = lastPlace(c);
  return c.redirect(scope === null ? "/projects" : projectPath(scope.projectId, scope.mode), 303);
}
