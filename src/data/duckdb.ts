// DuckDB, shut in: a database in memory that may touch the named files and nothing else, and the two functions
// through which any text from outside reaches SQL.

import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** `name` as an SQL identifier: in double quotes, those inside doubled. */
export function quoteIdentifier(name: string): string {
  return `"${withoutNul(name).replaceAll('"', '""')}"`;
}

/** `text` as an SQL string: in single quotes, those inside doubled (SQL knows no backslash escapes). */
export function quoteLiteral(text: string): string {
  return `'${withoutNul(text).replaceAll("'", "''")}'`;
}

/** SQL text ends at a NUL in the C interface: what follows it would be cut off, closing quote included. */
function withoutNul(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}

/** `path` as a pattern that matches only itself: DuckDB takes every path it reads for a glob. */
export function literalPath(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}

/**
 * Runs `work` with a connection to a fresh database in memory, and closes it after.
 *
 * Nothing is downloaded or loaded at run time (CSV, Parquet and JSON are compiled in), rows keep their order, and only
 * `paths` can be opened, for reading or writing; `paths: "any"` is for expanding globs, before the names are known.
 *
 * @param paths files the queries may touch
 * @param threads how many threads DuckDB may use; default: its own choice
 */
export async function withDatabase<T>(
  paths: readonly string[] | "any",
  threads: number | undefined,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(":memory:", {
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    preserve_insertion_order: "true",
    // It makes a join of the list of words for missing cells, one a column: 300 columns took 43 s, 1,000 all memory.
    disabled_optimizers: "in_clause",
    ...(threads === undefined ? {} : { threads: String(threads) }),
  });
  try {
    const connection = await instance.connect();
    try {
      if (paths !== "any") {
        // A path is checked as it is written, so both spellings must be on the list.
        const allowed = paths.flatMap((path) => [path, literalPath(path)]).map(quoteLiteral);
        await connection.run(`SET allowed_paths = [${allowed.join(", ")}]`);
        await connection.run("SET enable_external_access = false");
        await connection.run("SET lock_configuration = true");
      }
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}
