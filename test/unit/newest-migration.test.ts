import { expect, it } from "vitest";
import { readMigrations } from "../../dev/stack/migrations.ts";
import { newestMigration } from "../../shared/db/newest-migration.ts";

it("newestMigration, which /readyz requires, is the newest file of migrations/", async () => {
  expect(newestMigration).toBe((await readMigrations()).at(-1)?.name);
});
