import { createContext, useContext } from "hono/jsx";
import { type Mode, modes } from "../../../shared/contract/enums.ts";
import { buildProjectPath, type PortalContext } from "../request-context.ts";
import { Icon } from "./icon.tsx";

export const modeLabels: Record<Mode, string> = { test: "Test", live: "Live" };

/** Marks every page of test mode across its whole width. Live mode has no band: its actions carry `LiveChip`. */
export function TestModeBand({ c }: { c: PortalContext }) {
  if (c.get("project") === undefined || c.get("mode") !== "test") return null;
  return (
    <section class="band" aria-label="Mode of this page">
      <Icon name="flask-conical" />
      Test mode. No real customers or payments.
    </section>
  );
}

/** Whether the page is in live mode. The layout of a page provides it. */
export const LiveContext = createContext(false);

/** Marks the button of an action that affects real customers. Empty in test mode and on account pages. */
export function LiveChip() {
  return useContext(LiveContext) ? <span class="live-chip">Live</span> : null;
}

/** Links to the same page in the other mode. */
export function ModeSwitch({ c }: { c: PortalContext }) {
  const project = c.get("project");
  if (project === undefined) return null;
  const page = findPageInOtherMode(c.req.path);
  return (
    <nav class="segments" aria-label="Mode">
      {modes.map((mode) => (
        <a
          href={buildProjectPath(project.projectId, mode, page)}
          aria-current={mode === c.get("mode") ? "true" : undefined}
        >
          {modeLabels[mode]}
        </a>
      ))}
    </nav>
  );
}

/**
 * Returns the page to show in the other mode: the same customer, because products often use one `subject_ref` in both
 * modes, or else the list of the current page, because its records belong to one mode.
 */
function findPageInOtherMode(path: string): string {
  const [, , , , list = "", record = ""] = path.split("/");
  if (list === "") return "";
  return list === "customers" && record !== "" ? `/customers/${record}` : `/${list}`;
}
