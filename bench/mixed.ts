// npm run bench -- mixed [--data DIR] [--json]: held-out log-densities of tables of numbers and categories, nats a row in the
// file's units, of a default fit beside three densities of scikit-learn and NumPy (bench/peers/sklearn_mixed.py):
// a Gaussian whose mean is linear in the categories, a mixture of Gaussians for every combination of categories, and one
// mixture for all rows; each times the frequency of the combination.
//
// Seven tenths of the complete rows are fitted and the others judge. All models see the same cells: whole and rounded
// numbers are spread over their cells, the judging rows' once. penguins, cars and movies come with the development dependency
// vega-datasets; titanic.csv and california_housing.csv are taken from --data where they are there, and any other NAME.csv
// by --tables NAME. gain is what logdet has more, with the standard error of the difference.

import { mixedPeers, ownDensity, peerDensities } from "./lib/mixed-models.js";
import { judgeMixed, type MixedRow } from "./lib/mixed-report.js";
import { divideMixed, mixedTable, presentMixedTables } from "./lib/mixed-tables.js";
import { benchOptions, printRows } from "./lib/options.js";

const known = ["logdet", ...mixedPeers];

const options = benchOptions({
  data: undefined,
  /** Default: all that are known and there. */
  tables: undefined,
  models: known.join(","),
  /** Each divides the rows anew, and begins what is random in a model. */
  seeds: "0",
  /** Threads of scikit-learn; the fits have one. */
  threads: "1",
});

const wanted = options.words("models");
for (const model of wanted)
  if (!known.includes(model)) {
    console.error(`There is no model ${model}: choose of ${known.join(", ")}.`);
    process.exit(2);
  }
const peers = mixedPeers.filter((name) => wanted.includes(name));
const data = options.text("data");
const names = options.text("tables") === undefined ? presentMixedTables(data) : options.words("tables");
// All before the first fit, so that a table that cannot be used is told of at once.
const tables = [];
for (const name of names) tables.push(await mixedTable(data, name));

const rows: MixedRow[] = [];
for (const table of tables)
  for (const seed of options.numbers("seeds")) {
    const split = divideMixed(table, seed);
    const settings = { seed, threads: options.number("threads") };
    const found = judgeMixed({ table: table.name, seed }, split, [
      ...(wanted.includes("logdet") ? [await ownDensity(split, { seed })] : []),
      ...(peers.length > 0 ? await peerDensities(split, peers, settings) : []),
    ]);
    for (const row of found) console.error(JSON.stringify(row));
    rows.push(...found);
  }
printRows(rows, options.json);
