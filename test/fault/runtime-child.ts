import { type RuntimeStackOptions, startRuntimeStack } from "../../dev/bench/runtime-stack.ts";
import { sayReady } from "../../dev/stack/spawn-ready.ts";
import { stopOnSignal } from "../../dev/stack/stop-on-signal.ts";

// The child process of `spawnRuntime`. Its one argument is the options as JSON.
const { stop, ...ports } = await startRuntimeStack(JSON.parse(process.argv[2] ?? "") as RuntimeStackOptions);
stopOnSignal({ stop });
sayReady(ports);
