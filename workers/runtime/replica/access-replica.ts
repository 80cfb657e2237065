import { DurableObject } from "cloudflare:workers";
import type { Mode, Region } from "../../../shared/contract/enums.ts";
import { type SubjectIdentity, type SubjectKey, subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import type { DevService } from "../../../shared/kit/dev-service.ts";
import { subjectTagBytes } from "../../../shared/kit/subject-tag.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import { type KeyEntry, type Keyring, keyringName } from "../keys/keyring.ts";
import { type Packed, pack, unpack } from "../subject/packed.ts";
import { KeyLeases } from "./key-leases.ts";
import { type Grant, leaseTerms } from "./lease.ts";
import { LeaseCache, type ReplicaAnswer } from "./lease-cache.ts";

/** The bindings that a replica uses. Without the type of `Subject`, which has a binding to this class itself. */
interface ReplicaEnv {
  SUBJECT: DurableObjectNamespace;
  KEYRING: DurableObjectNamespace<Keyring>;
  DEV?: DevService;
}

interface LeaseRpc {
  packedLease(region: Region): Promise<Packed<Grant>>;
}

export interface ReplicaCheck {
  identity: SubjectIdentity;
  /** The region of this replica. */
  region: Region;
  /** The answer contains this entry. */
  atLeast: number;
}

/** The address of a key's Keyring, and the key's SHA-256. */
export interface ReplicaKey {
  projectId: string;
  mode: Mode;
  homeRegion: Region;
  keyHash: string;
}

const shards = 16;
const maxSubjects = 20_000;
/** A question to a subject or Keyring that takes longer failed. The callers' own limits are shorter. */
const requestTimeoutMs = 2_000;

/** Returns the name of the replica that answers checks of the subject in the region. */
export function replicaName(subject: SubjectKey, region: Region): string {
  const [tag = 0] = subjectTagBytes(subjectName(subject));
  return `${subject.projectId}/${subject.mode}/${region}/${tag % shards}`;
}

/** Returns the name of the replica that answers for the Keyring in the region. */
export function keyReplicaName(projectId: string, mode: Mode, region: Region): string {
  return `${projectId}/${mode}/${region}/keys`;
}

/**
 * Answers checks of callers far from the project's region: of one project, mode, region and sixteenth of its subjects.
 * It holds leases in memory only, so losing it costs a question per subject (lease-cache.ts).
 */
export class AccessReplica extends DurableObject<ReplicaEnv> {
  private readonly leases = new LeaseCache(
    { now: () => Date.now(), time: () => currentTime(this.env.DEV) },
    leaseTerms,
    maxSubjects,
  );
  private readonly keys = new KeyLeases(() => Date.now());

  async packedCheck(call: Packed<ReplicaCheck>): Promise<Packed<ReplicaAnswer>> {
    const { identity, region, atLeast } = unpack(call);
    const name = subjectName(identity);
    return pack(
      await this.leases.check(name, atLeast, async () => {
        const id = this.env.SUBJECT.idFromName(name);
        const home = this.env.SUBJECT.get(id, {
          locationHint: identity.region,
        }) as unknown as LeaseRpc;
        return unpack(await withTimeout("Subject", requestTimeoutMs, home.packedLease(region)));
      }),
    );
  }

  /** Drops the subject's leases from before the entry. Safe to repeat, late or in any order. */
  async recall(name: string, before: number): Promise<void> {
    this.leases.recall(name, before);
  }

  /** Returns the key as its Keyring knew it within the last 4 s. */
  async findKey({ projectId, mode, homeRegion, keyHash }: ReplicaKey): Promise<KeyEntry | null> {
    return this.keys.find(keyHash, () => {
      const id = this.env.KEYRING.idFromName(keyringName(projectId, mode));
      const keyring = this.env.KEYRING.get(id, { locationHint: homeRegion });
      return withTimeout("Keyring", requestTimeoutMs, keyring.find(keyHash));
    });
  }
}
