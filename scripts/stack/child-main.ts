import { type ChildOptions, readyMark } from "./child.ts";
import { startStack } from "./stack.ts";
import { stopOnSignal } from "./stop-on-signal.ts";

// The process behind `spawnStack`: one argument, the options as JSON; one line on stdout when ready.
const stack = await startStack(JSON.parse(process.argv[2] ?? "") as ChildOptions);

stopOnSignal(stack);
// The parent holds the other end; when it dies, nobody is left who would stop this stack.
process.stdin.once("end", () => process.kill(process.pid, "SIGTERM")).resume();

console.log(`${readyMark}${JSON.stringify({ origin: stack.origin, ports: stack.ports })}`);
