import { writeSync } from "node:fs";
import { Licenzy } from "../../sdk/src/index.ts";
import { randomFrom } from "./random.ts";

/**
 * A process of `sdk-leases.test.ts`: spends leases until the balance is used up, over a connection that breaks. Its one
 * argument is the options as JSON. It prints a line per step before anything else can happen.
 */
export interface LeaseChildOptions {
  origin: string;
  apiKey: string;
  subjectRef: string;
  units: number;
  seed: number;
}

const { origin, apiKey, subjectRef, units, seed } = JSON.parse(process.argv[2] ?? "") as LeaseChildOptions;
const random = randomFrom(seed);
const print = (line: string) => writeSync(1, `${line}\n`);

/** Every fourth request is lost, and every fourth response. A partition loses up to six in a row. */
let lostInARow = 0;
const licenzy = new Licenzy({
  apiKey,
  baseUrl: origin,
  retries: 2,
  fetch: async (url, init) => {
    if (random(40) === 0) lostInARow = random(6);
    const isPartitioned = lostInARow-- > 0;
    if (isPartitioned || random(4) === 0) throw new TypeError("connection refused");
    const response = await fetch(url, init);
    if (random(4) === 0) throw new TypeError("connection reset");
    return response;
  },
});

let taken = 0;
let settled = 0;
for (let number = 0; ; number++) {
  // A lost response of a reserve would hold units that no process spends: the same id finds the reservation again.
  const eventId = `${process.pid}-${number}`;
  const open = () => licenzy.usage.lease(subjectRef, units, { eventId, expiresInSeconds: 86_400 });
  let opened = await open();
  while (!opened.ok && opened.retryable) opened = await open();
  if (!opened.ok) {
    print(opened.error === "insufficient_usage" ? "done" : `failed ${opened.error}`);
    break;
  }
  const { lease } = opened;
  while (lease.remaining > 0) {
    const wanted = Math.min(1 + random(20), lease.remaining);
    if (!lease.take(wanted)) throw new Error("a lease refused what it has");
    taken += wanted;
    print(`taken ${taken}`);
    if (random(4) === 0) {
      const before = taken;
      const result = await lease.settle();
      if (result?.ok) settled = before;
      print(`settled ${settled}`);
    }
  }
  let closed = await lease.close();
  while (closed !== null && !closed.ok) closed = await lease.close();
  settled = taken;
  print(`settled ${settled}`);
}
