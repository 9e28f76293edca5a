// npm run bench -- missing [--data DIR] [--json]: what densities of incomplete rows and filled cells are worth.
//
// Part `density`: log-densities of rows of 8 Gaussian columns, any two with correlation 0.9, by the number of missing cells,
// beside the closed form; by a default fit to 4,000 rows with 15 % of their cells missing, and by one to complete rows. Part
// `fill`: missing cells of such rows beside the mean and variance that they have given the others. Part `cells`: a fifth of
// the cells of penguins (vega-datasets; all rows, fitted as they are then) and of 500 pen digits (adbench_pendigits.csv of
// --data; fitted to 5,000 complete rows), filled in by logdet, the column's median and scikit-learn's imputers.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { hidden, hiddenTables, judgeCells } from "./lib/missing-cells.js";
import { gaussianRows } from "./lib/missing-gaussian.js";
import { byLogdet, byMedian, byPeers } from "./lib/missing-methods.js";
import { benchOptions, printRows } from "./lib/options.js";

const parts = ["density", "fill", "cells"];

const options = benchOptions({
  data: undefined,
  parts: parts.join(","),
  seeds: "0",
  /** New Gaussian rows for each number of missing cells. */
  rows: "400",
});

const wanted = options.words("parts");
for (const part of wanted)
  if (!parts.includes(part)) {
    console.error(`There is no part ${part}: choose of ${parts.join(", ")}.`);
    process.exit(2);
  }

const data = options.text("data");
const tables = hiddenTables.filter(
  (name) => name === "penguins" || (data !== undefined && existsSync(join(data, `adbench_${name}.csv`))),
);
/** Rows by part, which have different names for what they hold. */
const found: Record<string, unknown>[][] = parts.map(() => []);
function tell(row: { readonly part: string }): void {
  console.error(JSON.stringify(row));
  found[parts.indexOf(row.part)].push(row);
}

for (const seed of options.numbers("seeds")) {
  const gaussian = wanted.filter((part) => part !== "cells");
  if (gaussian.length > 0) await gaussianRows(gaussian, { seed, rows: options.number("rows") }, tell);
  if (!wanted.includes("cells")) continue;
  for (const name of tables) {
    const cells = await hidden(name, data, seed);
    for (const filled of [byMedian(cells), ...(await byPeers(cells, seed)), await byLogdet(cells, { seed })])
      for (const row of judgeCells(cells, filled, seed)) tell(row);
  }
}
if (options.json) printRows(found.flat(), true);
else for (const rows of found.filter((rows) => rows.length > 0)) printRows(rows, false);
