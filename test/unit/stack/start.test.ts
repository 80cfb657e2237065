import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { startStack } from "../../../dev/stack/stack.ts";

vi.mock("../../../dev/stack/build.ts", () => ({
  buildWorkers: () => Promise.reject(new Error("the workers were bundled")),
}));

it("says that the port is taken before it bundles anything", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-start-"));
  try {
    await expect(startStack({ port, stateDir })).rejects.toThrow(`Port ${port} is taken by another program`);
    await expect(startStack({ port: 0, stateDir })).rejects.toThrow("the workers were bundled");
  } finally {
    server.close();
    await rm(stateDir, { recursive: true });
  }
});
