import { type RuntimeStackOptions, startRuntimeStack } from "../../scripts/bench/runtime-stack.ts";
import { sayReady } from "../../scripts/stack/spawn-ready.ts";
import { stopOnSignal } from "../../scripts/stack/stop-on-signal.ts";

// The child process of `spawnRuntime`. Its one argument is the options as JSON.
const { stop, ...ports } = await startRuntimeStack(JSON.parse(process.argv[2] ?? "") as RuntimeStackOptions);
stopOnSignal({ stop });
sayReady(ports);
