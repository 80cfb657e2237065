import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { writePrivateFile } from "../../dev/stack/secrets.ts";
import type { Account } from "./account.ts";
import type { Context } from "./context.ts";
import { environmentFolder } from "./environment.ts";
import { DeployProblem } from "./problem.ts";
import { sql } from "./sql.ts";
import { configFile } from "./worker-configs.ts";

/**
 * Held in the environment's database while a command changes the environment, so that two people never change it at the
 * same time. It expires on its own; the checkout that holds it can take it again, which continues an interrupted command.
 */
export class DeployLock {
  private constructor(
    private readonly account: Account,
    private readonly config: string,
    private readonly database: string,
    private readonly holder: string,
  ) {}

  /**
   * Runs `work` while this checkout holds the lock.
   *
   * @throws DeployProblem if another checkout holds it
   */
  static async hold(
    { account, environment, database }: Pick<Context, "account" | "environment" | "database">,
    work: () => Promise<void>,
  ): Promise<void> {
    const config = configFile(environment, "licenzy-runtime");
    const lock = await DeployLock.take(account, environment, config, database);
    try {
      await work();
    } finally {
      await lock.release();
    }
  }

  private static async take(account: Account, environment: string, config: string, database: string) {
    const lock = new DeployLock(account, config, database, await holderOf(environment));
    const [row] = await account.query(config, database, `${sql.createLock}; ${sql.claimLock(lock.holder)}`);
    if (row?.["holder"] === lock.holder) return lock;
    const [other] = await account.query(config, database, sql.readLock);
    const until = new Date(Number(other?.["until"] ?? 0) * 1000).toISOString().slice(11, 16);
    throw new DeployProblem(
      `${String(other?.["holder"] ?? "Another person").split(" ")[0]} is changing ${environment} right now.`,
      `Wait until they are done, at the latest ${until} UTC, and run the same command again.`,
    );
  }

  private async release(): Promise<void> {
    await this.account.query(this.config, this.database, sql.releaseLock(this.holder));
  }
}

/** Names this checkout: the user's name, for others to read, and a random id. */
async function holderOf(environment: string): Promise<string> {
  const file = join(environmentFolder(environment), "holder");
  if (existsSync(file)) return (await readFile(file, "utf8")).trim();
  const user = userInfo().username.replace(/[^\w.-]/g, "") || "operator";
  const holder = `${user} ${randomUUID()}`;
  await writePrivateFile(file, holder);
  return holder;
}
