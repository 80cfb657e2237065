/** `npm run sdk:types`: writes the SDK's types from the OpenAPI document. A test compares them. */
import { writeFile } from "node:fs/promises";
import { run } from "./run.ts";
import { printContract } from "./sdk/print-contract.ts";
import { readOpenApiDocument } from "./sdk/read-openapi-document.ts";

const path = "sdk/src/contract.ts";
await writeFile(path, printContract(await readOpenApiDocument()));
const { code, output } = await run("npx", ["biome", "check", "--write", path], { quiet: true });
if (code !== 0) throw new Error(output);
console.log(path);
