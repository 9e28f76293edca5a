// npm run bench -- shift --data DIR [--json]: which columns moved? Shifts are planted in 1 to 5 columns of real tables, and
// every method is asked: the score-based statistic with Gaussian densities of values and of ranks, with one threshold and
// column by column, with flows; and Kolmogorov and Smirnov's test of each column.
//
// Reference and new rows are two halves of the table drawn at random, 1,000 rows each at most. shuffle: the column changes
// places among the rows, so that no test of one column sees it; mean: half a standard deviation; scale: 1.5 times; none:
// to count false alarms. The level is the probability of naming any column where none has moved.
//
// --part gate: windows that moved against windows that did not, by InFlow's gate and by its test alone. --part time: two
// tables in order of time, what `detectShiftOverTime` says of them, and of the same rows in random order.
//
// With --json the rows are all there is on standard output; means come last, on standard error.

import { LogdetError, Random } from "logdet";
import { alignedLines, benchOptions, printRows } from "./lib/options.js";
import { gateResult } from "./lib/shift-gate.js";
import { localise, shiftMethods } from "./lib/shift-methods.js";
import { plant, plantedShifts } from "./lib/shift-planted.js";
import { judgeShift, type ShiftRow, shiftSummary } from "./lib/shift-report.js";
import { presentShiftTables, type ShiftTable, shiftTable } from "./lib/shift-tables.js";
import { overTime } from "./lib/shift-time.js";

const parts = ["planted", "gate", "time"] as const;

const options = benchOptions({
  data: undefined,
  part: "planted",
  /** Default: all that are known and there; of gas_drift its largest batch, of part time: gas_drift and elec2. */
  tables: undefined,
  methods: shiftMethods.join(","),
  shifts: plantedShifts.join(","),
  /** How many columns are changed. */
  counts: "1,2,3,4,5",
  /** Each draws rows, columns and labellings anew. */
  seeds: "0,1",
  /** Rows of either sample, at most. */
  rows: "1000",
  level: "0.05",
  permutations: "199",
  window: "100",
});

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

/** The values of an option, each of which must be known. */
function chosen<T extends string>(option: string, known: readonly T[]): T[] {
  return options.words(option).map((word) => {
    const found = known.find((name) => name === word);
    return found ?? refuse(`--${option}: there is no ${word}; choose of ${known.join(", ")}.`);
  });
}

const data = options.text("data") ?? refuse("Say where the tables are: npm run bench -- shift --data DIR");
const [part] = chosen("part", parts);
const methods = chosen("methods", shiftMethods);
const shifts = chosen("shifts", plantedShifts);
const timed = ["gas_drift", "elec2"];
const present = options.text("tables") === undefined ? presentShiftTables(data) : options.words("tables");
const names = part === "time" ? present.filter((name) => timed.includes(name)) : present;
const tables: ShiftTable[] = [];
for (const name of names) tables.push(await shiftTable(data, name));

const tell = options.json ? console.error : console.log;
if (part === "planted") await planted();
else if (part === "gate") await gates();
else await times();

async function planted(): Promise<void> {
  const rows: ShiftRow[] = [];
  const { level, permutations } = {
    level: options.number("level"),
    permutations: options.number("permutations"),
  };
  for (const { name, stationary } of tables)
    for (const seed of options.numbers("seeds"))
      for (const shift of shifts)
        for (const count of shift === "none" ? [0] : options.numbers("counts")) {
          const random = new Random(seed).split(`${name} ${shift} ${count}`);
          // With no more columns than that there would be none left that stayed.
          if (count >= stationary.columns.length) continue;
          const samples = plant(stationary, shift, { count, rows: options.number("rows"), random });
          for (const method of methods) {
            const found = await localise(samples, method, { level, permutations, seed });
            rows.push(judgeShift({ table: name, shift, seed }, samples, found));
            console.error(JSON.stringify(rows.at(-1)));
          }
        }
  printRows(rows, options.json);
  tell(["", "All tables together", ...alignedLines(shiftSummary(rows))].join("\n"));
}

async function gates(): Promise<void> {
  const rows = [];
  for (const { name, stationary } of tables)
    for (const shift of shifts.filter((shift) => shift !== "none"))
      for (const seed of options.numbers("seeds")) {
        const window = options.number("window");
        const settings = { window, windows: 60, alpha: options.number("level"), seed };
        try {
          rows.push({ table: name, shift, seed, window, ...(await gateResult(stationary, shift, settings)) });
          console.error(JSON.stringify(rows.at(-1)));
        } catch (error) {
          if (!(error instanceof LogdetError)) throw error;
          console.error(`${name}, ${shift}, seed ${seed}: ${error.message}`);
        }
      }
  printRows(rows, options.json);
}

async function times(): Promise<void> {
  const rows = [];
  for (const table of tables)
    for (const seed of options.numbers("seeds"))
      for (const row of await overTime(table, {
        seed,
        window: options.number("window"),
        alpha: options.number("level"),
      })) {
        rows.push(row);
        console.error(JSON.stringify(row));
      }
  printRows(rows, options.json);
}
