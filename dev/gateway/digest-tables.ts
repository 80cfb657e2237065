/** The number of rows of a table and a hash of them, to compare two moments. */
export interface TableDigest {
  rows: number;
  digest: string;
}

/** Tables that D1 and wrangler keep for themselves. */
const foreignTables = "name LIKE 'sqlite_%' OR name LIKE '_cf_%' OR name = 'd1_migrations'";

/**
 * Returns a digest of each table: of a project's or an account's rows where a column names it, and of
 * all rows of the other tables. A test compares two of them to show that a request wrote nothing.
 */
export async function digestTables(
  db: D1Database,
  { project, account }: { project: string; account: string },
): Promise<Record<string, TableDigest>> {
  const { results: tables } = await db
    .prepare(
      `SELECT name,
        EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'project_id') AS of_project,
        EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'account_id') AS of_account
      FROM sqlite_master m WHERE type = 'table' AND NOT (${foreignTables})`,
    )
    .all<{ name: string; of_project: number; of_account: number }>();
  const statements = tables.map(({ name, of_project, of_account }) => {
    if (of_account === 1) return db.prepare(`SELECT * FROM ${name} WHERE account_id = ?`).bind(account);
    if (of_project === 1) return db.prepare(`SELECT * FROM ${name} WHERE project_id = ?`).bind(project);
    return db.prepare(`SELECT * FROM ${name}`);
  });
  const replies = await db.batch(statements);
  const digests = replies.map(async ({ results }, index) => {
    const rows = results.map((row) => JSON.stringify(row)).toSorted();
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(rows.join("\n")));
    const digest = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [tables[index]?.name ?? "", { rows: rows.length, digest }] as const;
  });
  return Object.fromEntries(await Promise.all(digests));
}
