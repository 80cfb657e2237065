import { WorkerEntrypoint } from "cloudflare:workers";
import type { Mode, PlanStatus } from "../../shared/contract/words.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { createApiKey, type NewApiKey, revokeApiKey, setPlanStatus } from "./configuration/api-keys.ts";
import { connectStripe, type NewConnection } from "./configuration/connect-stripe.ts";
import { createProduct, type NewProduct } from "./configuration/create-product.ts";
import { createProject, type NewProject } from "./configuration/create-project.ts";
import type { RuntimeEnv } from "./env.ts";

/**
 * Sets up projects until the portal has people who may (docs/decisions/0008). An RPC entrypoint: no HTTP request
 * reaches it, only a worker whose configuration binds it, and only the development gateway does.
 */
export class ProvisioningEntrypoint extends WorkerEntrypoint<RuntimeEnv> {
  async createProject(project: NewProject): Promise<{ accountId: string; projectId: string }> {
    return createProject(this.env, project, await this.now());
  }

  async connectStripe(
    projectId: string,
    mode: Mode,
    connection: { apiKey: string; origin: string },
  ): Promise<NewConnection> {
    return connectStripe(this.env, projectId, mode, connection, await this.now());
  }

  async createProduct(projectId: string, mode: Mode, product: NewProduct): Promise<void> {
    await createProduct(this.env, projectId, mode, product, await this.now());
  }

  async createApiKey(
    projectId: string,
    mode: Mode,
    key: { name: string; expiresAt: number | null },
  ): Promise<NewApiKey> {
    return createApiKey(this.env, projectId, mode, key, await this.now());
  }

  async revokeApiKey(keyId: string): Promise<{ revokedAt: number }> {
    return revokeApiKey(this.env, keyId, await this.now());
  }

  async setPlanStatus(accountId: string, plan: PlanStatus): Promise<void> {
    await setPlanStatus(this.env, accountId, plan, await this.now());
  }

  private async now(): Promise<number> {
    return currentTime(this.env.DEV);
  }
}
