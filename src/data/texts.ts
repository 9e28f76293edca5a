// Some cells of files as they are written there: to show rows as their reader knows them, not to compute.

import { withDatabase } from "./duckdb.js";
import { commonNames } from "./read.js";
import { labelSql, openScan, type Scan } from "./scan.js";
import type { Sources } from "./sources.js";

/**
 * Cells of some rows and columns as text, without blanks around it; null where a cell is missing.
 *
 * @param names columns that all files have
 * @param rows their places, from 0, in the order of the files; any order, none twice
 * @param most characters of a cell
 * @returns for each of `rows` its cells, in the order of `names`
 * @throws LogdetError (data) if a file is no table or the files' columns differ
 * @example const [[name]] = await readTexts(sources, ["name"], [0])
 */
export async function readTexts(
  { files }: Sources,
  names: readonly string[],
  rows: readonly number[],
  most = 200,
): Promise<(string | null)[][]> {
  if (names.length === 0 || rows.length === 0) return rows.map(() => []);
  const paths = files.map(({ path }) => path);
  return withDatabase(paths, undefined, async (connection) => {
    const scans: Scan[] = [];
    for (const file of files) scans.push(await openScan(connection, file));
    commonNames(scans);
    const selects = scans.map((scan) => {
      const place = (name: string) => scan.columns.findIndex((column) => column.name === name);
      const cells = names.map((name, i) => `left(${labelSql(scan, place(name))}, ${most}) AS t${i}`);
      return `SELECT ${cells.join(", ")} FROM ${scan.from}`;
    });
    const texts = names.map((_, i) => `t${i}`).join(", ");
    const reader = await connection.runAndReadAll(
      `SELECT r, ${texts} FROM (SELECT CAST(row_number() OVER () - 1 AS DOUBLE) AS r, ${texts} ` +
        `FROM (${selects.join(" UNION ALL ")})) WHERE r IN (${rows.map(Number).join(", ")})`,
      scans.flatMap(({ parameters }) => parameters),
    );
    const found = new Map(reader.getRows().map(([row, ...cells]) => [Number(row), cells]));
    const missing = names.map(() => null);
    return rows.map((row) =>
      (found.get(row) ?? missing).map((cell) => (cell === null ? null : String(cell))),
    );
  });
}
