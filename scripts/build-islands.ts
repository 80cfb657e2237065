/** Compiles the portal's islands. wrangler runs this before it bundles the portal (workers/portal/wrangler.toml). */
import { buildIslands } from "./islands/build.ts";

await buildIslands();
