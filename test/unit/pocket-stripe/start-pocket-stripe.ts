import { build } from "esbuild";
import { Log, LogLevel, Miniflare } from "miniflare";
import { PocketStripe } from "../../../dev/seed/pocket-stripe.ts";

/** A webhook that pocket Stripe sent to the endpoint of a test. */
export interface SentWebhook {
  signature: string;
  body: string;
}

const publicOrigin = "http://pocket.test";

/** Implements the binding `DEV`: the clock, with the offset that this process keeps. */
const devWorker = `
import { WorkerEntrypoint } from "cloudflare:workers";
export class Dev extends WorkerEntrypoint {
  async clockOffsetMs() {
    return Number(await (await this.env.HOST.fetch("http://host/")).text());
  }
}
export default { fetch: () => new Response(null, { status: 404 }) };`;

/** Starts pocket Stripe in workerd, by itself: the API and the controls, and no other worker. */
export async function startPocketStripe(apiKey = "sk_test_unit0001") {
  let offsetMs = 0;
  const webhooks: SentWebhook[] = [];
  const mf = new Miniflare({
    log: new Log(LogLevel.ERROR),
    workers: [
      {
        name: "pocket-stripe",
        modules: true,
        script: await bundle(),
        compatibilityDate: "2026-04-01",
        compatibilityFlags: ["nodejs_compat"],
        durableObjects: { POCKET_STRIPE: { className: "PocketStripe", useSQLite: true } },
        bindings: { PUBLIC_ORIGIN: publicOrigin },
        serviceBindings: {
          DEV: { name: "dev", entrypoint: "Dev" },
          GATEWAY: async (request: { headers: Headers; text(): Promise<string> }) => {
            const signature = request.headers.get("stripe-signature") ?? "";
            webhooks.push({ signature, body: await request.text() });
            return new Response("ok");
          },
        },
      },
      {
        name: "dev",
        modules: true,
        script: devWorker,
        compatibilityDate: "2026-04-01",
        serviceBindings: { HOST: () => new Response(String(offsetMs)) },
      },
    ],
  } as unknown as ConstructorParameters<typeof Miniflare>[0]);
  const origin = (await mf.ready).origin;
  const open = (key: string) => new PocketStripe(origin, key);
  const stripe = open(apiKey);
  const readNow = () => Math.floor((Date.now() + offsetMs) / 1_000);
  return {
    stripe,
    webhooks,
    /** The account of another key, in the same pocket Stripe. */
    open,
    /** Seconds since 1970 on its clock. */
    readNow,
    endpointUrl: `${publicOrigin}/webhooks`,
    /** Moves its clock forward, and runs what falls due on the way. */
    async advance(seconds: number): Promise<void> {
      offsetMs += seconds * 1_000;
      await stripe.control("clock", { now: readNow() });
    },
    dispose: () => mf.dispose(),
  };
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ["dev/pocket-stripe/index.ts"],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:workers", "node:crypto"],
  });
  return outputFiles[0]?.text ?? "";
}
