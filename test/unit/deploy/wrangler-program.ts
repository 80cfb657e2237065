import { runAsProgram } from "./wrangler-stand-in.ts";

await runAsProgram(process.env["STAND_IN_ACCOUNT"] ?? "");
