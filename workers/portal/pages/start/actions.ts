import { lastPlace } from "../../components/frame.tsx";
import { type PortalContext, projectPath } from "../../request-context.ts";

/** The address without a path: the project that was open last, or the list to make one. */
export function start(c: PortalContext) {
  const place = lastPlace(c);
  return c.redirect(place === null ? "/projects" : projectPath(place.projectId, place.mode), 303);
}
