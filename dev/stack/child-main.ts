import type { ChildOptions } from "./child.ts";
import { sayReady } from "./spawn-ready.ts";
import { startStack } from "./stack.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

// The process of `spawnStack`. Its argument is the options as JSON.
const stack = await startStack(JSON.parse(process.argv[2] ?? "") as ChildOptions);
stopOnSignal(stack);
sayReady({ origin: stack.origin, ports: stack.ports });
