import { dataByNumber, nameOfDatabase } from "../../../shared/db/databases.ts";
import { isFilling, maxD1Bytes, maxObjectBytes } from "../../../shared/domain/storage-limits.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { log } from "../../../shared/kit/log.ts";
import { listLargestObjects, recordD1Size } from "../db/storage-sizes.ts";
import type { RuntimeEnv } from "../env.ts";
import type { Budget } from "./work-through.ts";

const alarmEveryMs = 3_600_000;
const maxObjects = 100;

/**
 * Records how large a database is, and logs an alarm about it and about each object that has less than a fifth of its space left:
 * at most once an hour, or as the database grows. The overview shows both.
 */
export async function sweepStorage(
  env: RuntimeEnv,
  _budget: Budget,
  database: number,
): Promise<{ filling: number }> {
  const data = dataByNumber(env, database);
  const size = await recordD1Size(data, await currentTime(env.DEV), alarmEveryMs);
  if (size === null) return { filling: 0 };
  let filling = 0;
  if (isFilling(size.bytes, maxD1Bytes)) {
    filling++;
    log("error", "storage.filling", {
      what: database === 0 ? "d1" : nameOfDatabase(database),
      bytes: size.bytes,
    });
  }
  for (const { projectId, mode, subjectTag, bytes } of await listLargestObjects(data, maxObjects)) {
    if (!isFilling(bytes, maxObjectBytes)) break;
    filling++;
    log("error", "storage.filling", { what: "subject", projectId, mode, subjectTag, bytes });
  }
  return { filling };
}
