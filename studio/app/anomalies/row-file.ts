// Names of the files that are saved of a table's rows.

/** "penguins" of "data/penguins.csv.gz". */
export const stemOf = (table: string): string => table.replace(/^.*\//, "").replace(/\..*$/, "");

/** The beginning of the names of a row's pictures. */
export const fileOfRow = (table: string, row: number): string => `${stemOf(table)}-row-${row}`;
