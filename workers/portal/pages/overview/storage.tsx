import { isFilling, maxD1Bytes, maxObjectBytes } from "../../../../shared/domain/storage-limits.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import type { ProjectFacts } from "../../db/overview.ts";
import type { PortalContext } from "../../request-context.ts";

/** Reports a database, or a customer's object, that has less than a fifth of its space left. */
export function StorageProblems({ c, facts }: { c: PortalContext; facts: ProjectFacts }) {
  const { d1Bytes, largestObjectBytes, largestObjectRef } = facts;
  return (
    <>
      {d1Bytes !== null && isFilling(d1Bytes, maxD1Bytes) ? (
        <div class="notice bad">
          <p>
            <b>The database is nearly full:</b> {formatBytes(d1Bytes)} of {formatBytes(maxD1Bytes)}. Checkouts
            and Stripe events fail when it is full.
          </p>
        </div>
      ) : null}
      {largestObjectBytes !== null && isFilling(largestObjectBytes, maxObjectBytes) ? (
        <div class="notice bad">
          <p>
            <b>A customer's storage is nearly full:</b> {formatBytes(largestObjectBytes)} of{" "}
            {formatBytes(maxObjectBytes)} for <CustomerLink c={c} subjectRef={largestObjectRef} />.
          </p>
        </div>
      ) : null}
    </>
  );
}

export function StorageTiles({ c, facts }: { c: PortalContext; facts: ProjectFacts }) {
  const { d1Bytes, largestObjectBytes, largestObjectRef } = facts;
  return (
    <>
      <div class="tile">
        <dt>Database</dt>
        <dd class="num">{d1Bytes === null ? "Not measured yet" : formatBytes(d1Bytes)}</dd>
      </div>
      {largestObjectBytes === null ? null : (
        <div class="tile">
          <dt>Largest customer</dt>
          <dd>
            <span class="num">{formatBytes(largestObjectBytes)}</span>{" "}
            <CustomerLink c={c} subjectRef={largestObjectRef} />
          </dd>
        </div>
      )}
    </>
  );
}

/** Formats as `12.3 MB`, in powers of 1,000 like the platform's limits. */
function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
