import { Log, LogLevel, Miniflare } from "miniflare";
import { buildWorkers } from "../stack/build.ts";
import { reservePort } from "../stack/ports.ts";
import { sayReady } from "../stack/spawn-ready.ts";
import { stopOnSignal } from "../stack/stop-on-signal.ts";
import { listModules } from "../stack/worker-options.ts";
import { stripeHost } from "./spawn.ts";

// The process of `spawnPocketStripe`: the worker alone, with nothing that the stack adds to it. So it has the machine's
// clock, and reaches the stack by its URL only.
const name = "licenzy-pocket-stripe";
const bundle = (await buildWorkers()).find((built) => built.name === name);
if (bundle === undefined) throw new Error("pocket Stripe was not built");
const { modulesRules: _, ...declared } = bundle.options;
const port = await reservePort(0);
const origin = `http://${stripeHost}:${port}`;
const mf = new Miniflare({
  host: stripeHost,
  port: 0,
  cf: false,
  log: new Log(LogLevel.WARN),
  workers: [
    {
      ...declared,
      name,
      modulesRoot: bundle.dir,
      modules: listModules(bundle.dir),
      bindings: { PUBLIC_ORIGIN: origin },
      unsafeDirectSockets: [{ host: stripeHost, port }],
    },
  ],
});
await mf.ready;
stopOnSignal({ stop: () => mf.dispose() });
sayReady({ origin });
