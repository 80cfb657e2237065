import { connect, type Socket } from "node:net";

/** One request as bytes on the wire. */
export function rawRequest(path: string, headers: Record<string, string>, body: string): string {
  const lines = Object.entries({
    Host: "bench",
    "Content-Type": "application/json",
    ...headers,
    "Content-Length": String(Buffer.byteLength(body)),
  }).map(([name, value]) => `${name}: ${value}`);
  return `POST ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}

export interface Load {
  port: number;
  /** The number of connections, each with one request at a time. */
  callers: number;
  /** The requests per second of all connections together. Without it, each connection sends as fast as it is answered. */
  pace?: number;
  /** Returns the `index`th request of this load. */
  request(index: number): string;
  /** Returns the second request of the `index`th operation, which needs the reply to the first. */
  followUp?(index: number, reply: string): string;
}

export interface Measured {
  requestsPerSecond: number;
  /** Milliseconds from sending a request to its whole reply. */
  medianMs: number;
  /** The time that 99 % of the requests take at most, in milliseconds. */
  ninetyNinePercentMs: number;
}

/**
 * Loads a worker for `rampMs` + `measuredMs` and counts the replies of the second part, when alarms and
 * flushes run at their usual rate. The times are those of all requests sent in that part, also where the reply comes
 * after it: a request that waits for seconds is the tail. At a given pace, a request that a slow reply holds back counts
 * from the time at which it was due. Any status but 200 or 201 fails the run. A busy worker may ignore a connection
 * for seconds and then close it; that caller reconnects. Uses raw sockets, because Node's HTTP client would
 * cost more than the measured work.
 */
export async function measure(load: Load, rampMs: number, measuredMs: number): Promise<Measured> {
  const from = performance.now() + rampMs;
  const until = from + measuredMs;
  const latencies: number[] = [];
  let replies = 0;
  let next = 0;
  const startedAt = performance.now();
  const caller = async (number: number) => {
    let connection = await Connection.open(load.port);
    const turns = load.pace === undefined ? null : new Turns(startedAt, number, load.callers, load.pace);
    try {
      for (;;) {
        const sentAt = turns === null ? performance.now() : await turns.next();
        if (sentAt >= until) return;
        const index = next++;
        let reply = await connection.send(load.request(index));
        if (reply !== null && load.followUp !== undefined)
          reply = await connection.send(load.followUp(index, reply));
        const now = performance.now();
        if (reply === null) connection = await Connection.open(load.port);
        else if (now >= from && now < until) replies++;
        if (sentAt >= from) latencies.push(now - sentAt);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: load.callers }, (_, number) => caller(number)));
  latencies.sort((a, b) => a - b);
  return {
    requestsPerSecond: (replies / measuredMs) * 1_000,
    medianMs: quantile(latencies, 0.5),
    ninetyNinePercentMs: quantile(latencies, 0.99),
  };
}

/** Returns the value that `share` of the sorted values are below. */
export function quantile(sorted: number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

/** The times at which one of the connections sends, evenly spread over all of them. */
class Turns {
  private readonly intervalMs: number;
  private dueAt: number;

  constructor(startedAt: number, connection: number, connections: number, perSecond: number) {
    this.intervalMs = (connections / perSecond) * 1_000;
    this.dueAt = startedAt + (connection / perSecond) * 1_000;
  }

  /** Waits for the next turn. Returns when its request was due, or now: a late timer is not the server's fault. */
  async next(): Promise<number> {
    const dueAt = this.dueAt;
    this.dueAt += this.intervalMs;
    const waitMs = dueAt - performance.now();
    if (waitMs <= 0) return dueAt;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    return performance.now();
  }
}

class Connection {
  private received = "";
  private settle: { resolve(reply: string | null): void; reject(error: Error): void } | null = null;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.receive(text));
    // `close` follows `error`.
    socket.on("error", () => {});
    socket.on("close", () => this.settle?.resolve(null));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => resolve(new Connection(socket)));
      socket.once("error", reject);
    });
  }

  /** Returns the reply; `null` when the connection was closed instead. */
  send(request: string): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      if (this.socket.closed) resolve(null);
      else this.socket.write(request);
    });
  }

  close(): void {
    this.settle = null;
    this.socket.destroy();
  }

  private receive(text: string): void {
    this.received += text;
    const headEnd = this.received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.received.slice(0, headEnd + 2))?.[1];
    if (length === undefined) {
      this.settle?.reject(new Error(`no Content-Length:\n${this.received}`));
      return;
    }
    if (this.received.length < headEnd + 4 + Number(length)) return;
    const reply = this.received;
    this.received = "";
    if (/^HTTP\/1\.1 20[01]/.test(reply)) this.settle?.resolve(reply);
    else this.settle?.reject(new Error(`not a 200 or 201:\n${reply}`));
  }
}
