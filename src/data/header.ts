// The columns that files have, before a row of them is read.

import { withDatabase } from "./duckdb.js";
import { commonNames } from "./read.js";
import { openScan, type Scan } from "./scan.js";
import type { Sources } from "./sources.js";

/**
 * The names of the columns that all files have.
 *
 * @throws LogdetError (data) if a file is no table or the files' columns differ
 */
export function columnNames({ files }: Sources): Promise<string[]> {
  return withDatabase(
    files.map(({ path }) => path),
    1,
    async (connection) => {
      const scans: Scan[] = [];
      for (const file of files) scans.push(await openScan(connection, file));
      return commonNames(scans);
    },
  );
}
