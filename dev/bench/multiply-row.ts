import type { D1Database } from "@cloudflare/workers-types";

const perStatement = 20_000;

/**
 * Fills a table with copies of its first row. `changes` are SQL expressions of `n`, 1 to `count`. They must
 * cover the columns of the key, so that the copies differ.
 */
export async function multiplyRow(
  db: D1Database,
  table: string,
  count: number,
  changes: Record<string, string>,
): Promise<void> {
  const { results } = await db
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all<{ name: string }>();
  const columns = results.map(({ name }) => name);
  const values = columns.map((name) => changes[name] ?? `one.${name}`);
  for (let from = 0; from < count; from += perStatement) {
    const to = Math.min(count, from + perStatement);
    const { meta } = await db
      .prepare(
        `WITH RECURSIVE counted(n) AS (SELECT ${from + 1} UNION ALL SELECT n + 1 FROM counted WHERE n < ${to})
         INSERT INTO ${table} (${columns.join(", ")})
         SELECT ${values.join(", ")} FROM counted, (SELECT * FROM ${table} LIMIT 1) AS one`,
      )
      .run();
    if (meta.changes < to - from) throw new Error(`${table}: ${meta.changes} rows of ${to - from}`);
  }
}
