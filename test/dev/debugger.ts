import { WebSocket } from "undici";

interface Message {
  id?: number;
  method?: string;
  params?: { url?: string; scriptId?: string; callFrames?: { functionName: string }[] };
  result?: { scriptSource?: string };
}

/**
 * Attaches to a worker, sets a breakpoint in the line after the one that has `text`, and calls `request`. Returns the name
 * of the function in which the worker paused, then lets it run on.
 */
export async function pauseAt(url: string, text: string, request: () => Promise<unknown>): Promise<string> {
  const socket = new WebSocket(url);
  let lastId = 0;
  const replies = new Map<number, (result: Message["result"]) => void>();
  const send = (method: string, params: object = {}) =>
    new Promise<Message["result"]>((resolve) => {
      lastId++;
      replies.set(lastId, resolve);
      socket.send(JSON.stringify({ id: lastId, method, params }));
    });
  const scripts = new Map<string, string>();
  let onPaused: (name: string) => void = () => undefined;
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.id !== undefined) replies.get(message.id)?.(message.result);
    const { scriptId, url: scriptUrl, callFrames } = message.params ?? {};
    if (message.method === "Debugger.scriptParsed") scripts.set(scriptId ?? "", scriptUrl ?? "");
    if (message.method === "Debugger.paused") onPaused(callFrames?.[0]?.functionName ?? "");
  });
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error(`No debugger at ${url}`)));
  });
  try {
    await send("Debugger.enable");
    for (const scriptId of scripts.keys()) {
      const source = (await send("Debugger.getScriptSource", { scriptId }))?.scriptSource ?? "";
      const lineNumber = source.split("\n").findIndex((line) => line.includes(text)) + 1;
      if (lineNumber === 0) continue;
      await send("Debugger.setBreakpoint", { location: { scriptId, lineNumber } });
      const paused = new Promise<string>((resolve) => {
        onPaused = resolve;
      });
      const requested = request();
      const name = await paused;
      await send("Debugger.resume");
      await requested;
      return name;
    }
    throw new Error(`No script of ${url} has ${text}`);
  } finally {
    socket.close();
  }
}
