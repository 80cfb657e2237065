import { changeProjectSettings, setRateLimit } from "../../../../shared/contract/operations/projects.ts";
import { rotateLinkSecret } from "../../../../shared/contract/operations/recovery-links.ts";
import { actionRoute, confirmedRoute, pageRoute, projectRoot, type Route } from "../../auth/route.ts";
import { signalsRoutes } from "../signals/routes.ts";
import { saveSettings, showSettings } from "./actions.ts";
import { confirmRotation, rotateSecret } from "./link-secret.tsx";
import { confirmRateLimit, saveRateLimit } from "./rate-limit.tsx";

/** Routes of a project's settings, and of what a product has instead of them. */
export const settingsRoutes: readonly Route[] = [
  pageRoute(`${projectRoot}/settings`, "viewer", showSettings),
  actionRoute(`${projectRoot}/settings`, changeProjectSettings, saveSettings),
  confirmedRoute(
    actionRoute(`${projectRoot}/settings/rate-limit`, setRateLimit, saveRateLimit),
    confirmRateLimit,
  ),
  confirmedRoute(
    actionRoute(`${projectRoot}/settings/link-secret`, rotateLinkSecret, rotateSecret),
    confirmRotation,
  ),
  ...signalsRoutes,
];
