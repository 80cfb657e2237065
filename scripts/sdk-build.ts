/** `npm run sdk:build`: builds the package `licenzy` into `sdk/dist/`. */
import { join } from "node:path";
import { buildSdk } from "./sdk/build.ts";

await buildSdk(join(import.meta.dirname, "../sdk/dist"));
console.log("sdk/dist");
