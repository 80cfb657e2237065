import type { Region } from "../../../shared/contract/enums.ts";
import { app } from "../../../workers/runtime/app.ts";
import type { RuntimeEnv } from "../../../workers/runtime/env.ts";
import { AccessReplica, type ReplicaCheck } from "../../../workers/runtime/replica/access-replica.ts";
import { type Packed, unpack } from "../../../workers/runtime/subject/packed.ts";
import { homeRoundTripMs, nearRoundTripMs, placeOf } from "../region-delays.ts";

/**
 * The runtime as a caller in another region sees it: the real application, objects and replicas, with the round trips
 * between regions in their calls. All of it runs in one place, so a delay is added to each.
 */

/** Calls of subjects' objects since the last reset, by region. */
const homeCalls = new Map<Region, number>();

export const takeHomeCalls = (): Record<string, number> => {
  const taken = Object.fromEntries(homeCalls);
  homeCalls.clear();
  return taken;
};

/** The floor: the round trip within the caller's region, and nothing of the product. */
export async function answerNearby(request: Request): Promise<unknown> {
  await scheduler.wait(nearRoundTripMs);
  return request.json();
}

/** Answers a request as for a caller in the region. Without `replicas`, every check goes home, as it did before them. */
export async function answerFrom(
  region: Region,
  replicas: boolean,
  request: Request,
  env: RuntimeEnv,
  ctx: ExecutionContext,
): Promise<Response> {
  await scheduler.wait(nearRoundTripMs);
  const { pathname, search } = new URL(request.url);
  const url = new URL(pathname.replace(/^\/regions\/\w+\/\w+/, "") + search, "http://bench");
  const cf = replicas ? { cf: placeOf[region] } : {};
  const seen = new Request(url, new Request(request, cf as RequestInit));
  const subjects = delayed(
    env.SUBJECT,
    () => homeRoundTripMs[region],
    () => count(region),
  );
  return app.fetch(seen, { ...env, SUBJECT: subjects }, ctx);
}

/** A replica that is as far from its subjects as its region is. That of a key is near: a key is requested once in 4 s. */
export class DelayedReplica extends AccessReplica {
  private region: Region = "weur";

  constructor(ctx: DurableObjectState, env: RuntimeEnv) {
    const away = () => homeRoundTripMs[this.region];
    super(ctx, {
      SUBJECT: delayed(env.SUBJECT as unknown as DurableObjectNamespace, away, () => count(this.region)),
      KEYRING: delayed(env.KEYRING, away),
    });
  }

  override packedCheck(call: Packed<ReplicaCheck>) {
    this.region = unpack(call).region;
    return super.packedCheck(call);
  }
}

function count(region: Region): void {
  homeCalls.set(region, (homeCalls.get(region) ?? 0) + 1);
}

type AnyStub = Record<string, (...values: unknown[]) => Promise<unknown>>;

/** The namespace, with `roundTripMs()` added to each call of a stub. */
function delayed<N extends object>(namespace: N, roundTripMs: () => number, onCall = () => {}): N {
  const original = namespace as unknown as {
    idFromName(name: string): DurableObjectId;
    get(id: DurableObjectId, options?: object): AnyStub;
  };
  const get = (id: DurableObjectId, options?: object) => {
    const stub = original.get(id, options);
    return new Proxy({} as AnyStub, {
      get: (_, method: string) => {
        return async (...values: unknown[]) => {
          onCall();
          const half = roundTripMs() / 2;
          await scheduler.wait(half);
          const result = await stub[method]?.(...values);
          await scheduler.wait(half);
          return result;
        };
      },
    });
  };
  return { idFromName: (name: string) => original.idFromName(name), get } as unknown as N;
}
