// npm run bench -- sample [--json]: seconds to draw rows from, and to score them with, nets such as `fit` makes, after
// one draw to warm up.

import { fit, Random } from "logdet";
import { benchOptions, printRows } from "./lib/options.js";
import { median } from "./lib/timing.js";

const options = benchOptions({ dims: "64", rows: "100000", rounds: "3" });
const count = options.number("rows");

/** The nets that a fit chooses between; a few steps are enough, speed does not depend on the weights. */
const nets = [
  { layers: 4, components: 1 },
  { layers: 16, components: 1 },
  { layers: 4, components: 4 },
];

/** Correlated, skewed columns. */
function columns(dim: number): Record<string, Float64Array> {
  const rows = 2000;
  const noise = new Random(1).fillNormal(new Float64Array(rows * dim));
  return Object.fromEntries(
    Array.from({ length: dim }, (_, d) => [
      `x${d + 1}`,
      Float64Array.from({ length: rows }, (_, row) => {
        const [here, next] = [noise[row * dim + d], noise[row * dim + ((d + 1) % dim)]];
        return here + 0.5 * next + 0.1 * here * here;
      }),
    ]),
  );
}

const results = [];
for (const dim of options.numbers("dims"))
  for (const net of nets) {
    const { model } = await fit(columns(dim), { ...net, search: false, epochs: 10, threads: 1 });
    const seconds: Record<"sample" | "score", number[]> = { sample: [], score: [] };
    let rows = await model.sample(count);
    for (let round = 0; round < options.number("rounds"); round++) {
      const started = performance.now();
      rows = await model.sample(count, { seed: round });
      const drawn = performance.now();
      await model.logProb(rows);
      seconds.sample.push((drawn - started) / 1000);
      seconds.score.push((performance.now() - drawn) / 1000);
    }
    const { sample, score } = seconds;
    results.push({ dim, rows: count, ...net, sampleSeconds: median(sample), scoreSeconds: median(score) });
    await model.release();
  }
printRows(results, options.json);
