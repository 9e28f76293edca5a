// The nearest row that would pass for normal, and which columns would have to change for it.

import { conformalPValues } from "../model/index.js";
import { modeOf } from "./expectation.js";
import type { Attribution, Explained, ExplanationMethod, Question } from "./method.js";
import { nearestPoint, profilesOf } from "./profile.js";

/** A gain that is worth another change, in nats, and the changes after which a row is left as it is. */
const leastGain = 0.01;
const changesPerColumn = 4;
/** Halvings of the way back towards the row. */
const halvings = 10;

/**
 * A counterfactual: the row, with as few columns changed as it takes for a p-value above α, the model's own, of its
 * default statistic.
 *
 * Greedy: the column whose change gains most log-density is set to the likeliest value given the others, and so on, until
 * the row passes or nothing gains. Then the numbers that were changed go back towards the row's own together, as far as it
 * still passes. The nats of a column are what its changes gained when they were made, 0 for columns that stay; `expected` is
 * the counterfactual. Without calibration rows the p-value is the rank of the log-density among the model's draws. A row
 * that passes as it is has no reasons. Cost: 122 D log-densities and a p-value a row and change, and 10 p-values on the way
 * back.
 *
 * @see Wachter, Mittelstadt and Russell, "Counterfactual explanations without opening the black box", 2018
 */
export const counterfactual: ExplanationMethod = {
  summary: "what changing the column gains, on the way to the nearest row that is normal at level α",
  complete: false,
  sentence: ({ column, value, expected, nats }) =>
    `${column} ${value} would have to be ${expected}, which gains ${nats} nats`,
  attribute,
};

async function attribute(question: Question): Promise<Attribution> {
  const { model, rows } = question;
  const dim = model.columns.length;
  const now = rows.slice();
  const logProb = question.logProb.slice();
  const nats = new Float64Array(rows.length);
  const passing = passingOf(question);
  const changed = new Uint8Array(rows.length);
  const stillOpen = async (places: readonly number[]) => {
    const cells = Float64Array.from(places.flatMap((row) => [...now.subarray(row * dim, (row + 1) * dim)]));
    const passes = await passing(
      cells,
      Float64Array.from(places, (row) => logProb[row]),
    );
    return places.filter((_, i) => !passes[i]);
  };
  let open = await stillOpen([...logProb.keys()]);
  for (let step = 0; open.length > 0 && step < changesPerColumn * dim; step++) {
    const places = open.flatMap((row) =>
      Array.from({ length: dim }, (_, column) => ({ row, column })).filter(
        ({ column }) => !Number.isNaN(now[row * dim + column]),
      ),
    );
    const profiles = await profilesOf({ ...question, rows: now, logProb }, places);
    const best = new Map<number, { at: number; value: number; logProb: number }>();
    for (const [k, { row, column }] of places.entries()) {
      const mode = modeOf(profiles[k]);
      if (mode.logProb > (best.get(row)?.logProb ?? logProb[row] + leastGain))
        best.set(row, { at: row * dim + column, ...mode });
    }
    for (const [row, { at, value, logProb: reached }] of best) {
      nats[at] += reached - logProb[row];
      now[at] = value;
      logProb[row] = reached;
      changed[at] = 1;
    }
    open = await stillOpen(open.filter((row) => best.has(row)));
  }
  await goBack(model, { rows, now, changed, passing });
  return { nats, expected: now };
}

/** Whether rows, whose log-densities are known, have p-values above α. */
type Passing = (rows: Float64Array, logProb: Float64Array) => Promise<boolean[]>;

function passingOf({ model, background, alpha }: Question): Passing {
  const above = (pValues: Float64Array) => Array.from(pValues, (p) => p > alpha);
  const negative = (values: Float64Array) => values.map((value) => -value);
  const drawn = negative(background.logProb);
  return async (rows, logProb) => {
    if (logProb.length === 0) return [];
    if (model.calibration && model.pValues) return above(await model.pValues(rows, { logProb }));
    return above(conformalPValues(drawn, negative(logProb)));
  };
}

/** Moves changed numbers back towards the rows' own as far as the rows still pass. */
async function goBack(
  model: Explained,
  {
    rows,
    now,
    changed,
    passing,
  }: { rows: Float64Array; now: Float64Array; changed: Uint8Array; passing: Passing },
): Promise<void> {
  const dim = model.columns.length;
  const count = rows.length / dim;
  const at = (i: number, share: number) => {
    const column = model.columns[i % dim];
    if (!changed[i] || column.kind === "categorical") return now[i];
    return nearestPoint(now[i] + share * (rows[i] - now[i]), column);
  };
  const back = new Float64Array(count);
  for (let step = 1; step <= halvings; step++) {
    const tried = back.map((share) => share + 2 ** -step);
    const nearer = rows.map((_, i) => at(i, tried[Math.floor(i / dim)]));
    const passes = await passing(nearer, await model.logProb(nearer));
    for (let i = 0; i < count; i++) if (passes[i]) back[i] = tried[i];
  }
  now.set(now.map((_, i) => at(i, back[Math.floor(i / dim)])));
}
