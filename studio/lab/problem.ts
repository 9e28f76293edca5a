// A toy density as something to learn: rows in standardised units, and what is known of the truth.

import { analyzeColumns } from "../../src/data/columns.js";
import { InMemoryRows, standardizedRows } from "../../src/data/source.js";
import { tableFromRows } from "../../src/data/table.js";
import { LogdetError } from "../../src/errors.js";
import { type ToyDensity, toyDensities } from "../../src/lab/toy-densities.js";
import { Random } from "../../src/random/random.js";
import { type Grid, gridSize } from "./grid.js";
import type { Settings } from "./settings.js";

const validationRows = 2000;
/** What the page shows of a problem. */
export interface Truth {
  readonly density: string;
  /** The square that is drawn, |x| and |y| up to this. */
  readonly extent: number;
  /** Some validation rows, row-major [n, 2]. */
  readonly points: Float64Array;
  /** The density itself. */
  readonly grid: Grid;
  /** Mean −log p of the density on the validation rows, nats: what no model can beat but by chance. */
  readonly entropy: number;
}

/** Rows to learn from, the same for every rule. */
export interface Problem {
  readonly truth: Truth;
  readonly random: Random;
  readonly rows: InMemoryRows;
  /** Standardised rows, row-major [n, 2]. */
  readonly training: Float32Array;
  readonly validation: Float32Array;
  /** Standardised cells of the grid. */
  readonly cells: Float32Array;
  /** What turns log-densities of standardised rows into those of the plane. */
  readonly unitsLogDet: number;
  toPlane(values: Float64Array): Float64Array;
}

/** @throws LogdetError "usage" for an unknown density. */
export function poseProblem({ density: name, rows, noise, seed }: Settings): Problem {
  const density = toyDensities.find((candidate) => candidate.name === name)?.withNoise(noise);
  if (!density) throw new LogdetError("usage", `there is no toy density named ${name}`);
  if (noise === 0 && name !== "checkerboard")
    throw new LogdetError("usage", `${name} without noise is a curve: it has no density in the plane`, {
      hint: "Give it some noise, 0.05 or more.",
    });
  const random = new Random(seed).split(name);
  const table = tableFromRows(density.sample(rows, random.split("training")), 2);
  const { plans } = analyzeColumns(table);
  const standardized = (values: Float64Array) => standardizedRows(tableFromRows(values, 2), plans);
  const held = density.sample(validationRows, random.split("validation"));
  const extent = density.extent + Math.max(0, 2 * (noise - 0.3));
  const cells = cellsOf(extent);
  return {
    truth: {
      density: name,
      extent,
      points: held.slice(0, 2 * 1000),
      grid: logProbs(density, cells).map(Math.exp),
      entropy: -mean(logProbs(density, held)),
    },
    random,
    rows: new InMemoryRows(table, plans),
    training: standardizedRows(table, plans),
    validation: standardized(held),
    cells: standardized(cells),
    unitsLogDet: -plans.reduce((sum, { scale }) => sum + Math.log(scale), 0),
    toPlane: (values) => values.map((value, i) => plans[i % 2].center + plans[i % 2].scale * value),
  };
}

/** The cells' middles, row-major [gridSize², 2]. */
function cellsOf(extent: number): Float64Array {
  const at = (i: number) => extent * ((2 * i + 1) / gridSize - 1);
  return Float64Array.from({ length: 2 * gridSize ** 2 }, (_, k) => {
    const cell = k >> 1;
    return at(k % 2 === 0 ? cell % gridSize : Math.floor(cell / gridSize));
  });
}

function logProbs(density: ToyDensity, rows: Float64Array): Float64Array {
  return Float64Array.from({ length: rows.length / 2 }, (_, i) =>
    density.logProb(rows[2 * i], rows[2 * i + 1]),
  );
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
