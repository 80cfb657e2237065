import type { Route } from "../../auth/route.ts";
import { startDataJob, stopDataJob } from "./actions.ts";
import { showDataJob } from "./job.tsx";
import { showData } from "./page.tsx";

const data = "/p/:project/:mode/data";

/** Comparing all customers with their ledgers. No step asks for a proof: nobody's access changes. */
export const dataRoutes: readonly Route[] = [
  { method: "GET", path: data, needs: "admin", handler: showData },
  { method: "POST", path: data, needs: "admin", handler: startDataJob },
  { method: "GET", path: `${data}/:job`, needs: "admin", handler: showDataJob },
  { method: "POST", path: `${data}/:job/stop`, needs: "admin", handler: stopDataJob },
];
