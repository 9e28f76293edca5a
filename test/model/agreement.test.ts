// Drawn rows against rows of the data: compared with scipy, and with what chance does.

import { describe, expect, it } from "vitest";
import { agreement } from "../../src/model/report/agreement.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";

describe("agreement of data and draws", () => {
  it("has the distances and rank correlations that scipy has, ties among them", () => {
    const data = [
      [3, 1, 4, 1, 5, 9, 2, 6, 5, 3],
      [1.5, 2, 1.5, 4, 6, 8, 3, 5, 5.5, 2],
    ];
    const samples = [
      [2, 7, 1, 8, 2, 8, 1, 8],
      [3, 1, 4, 1, 5, 9, 2, 6],
    ];
    const found = agreement({ names: ["first", "second"], data, samples }, 2)!;
    // scipy 1.17.1: ks_2samp(a, b).statistic, spearmanr(a, c).correlation, in numpy the rest.
    expectClose(
      found.columns.map(({ distance }) => distance),
      [0.4, 0.25],
      { absolute: 1e-12 },
    );
    expectClose([found.chance], [0.7021239181232979], { absolute: 1e-12 });
    expect(found.correlations.length).toBe(1);
    const [{ names, data: ofData, draws, deviation }] = found.correlations;
    expect(names).toEqual(["first", "second"]);
    expectClose([ofData, draws, deviation], [0.6000028402568539, 0.19885368120992464, 0.8154807304072389], {
      absolute: 1e-12,
    });
  });

  it("calls draws of the data's own distribution different about as often as it says", () => {
    const random = new Random(3);
    const draw = (rows: number) => {
      const [x, y] = [0, 1].map(() => Array.from(random.fillNormal(new Float64Array(rows))));
      return [x, y.map((value, i) => value + x[i])];
    };
    let [apart, deviant] = [0, 0];
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const found = agreement({ names: ["first", "second"], data: draw(80), samples: draw(120) }, 2)!;
      apart += Number(found.columns.some(({ distance }) => distance > found.chance));
      deviant += Number(Math.abs(found.correlations[0].deviation) > 1.96);
    }
    // The bound holds for any distribution; of 400 runs at 5 %, 20 ± 4.4.
    expect(apart / runs).toBeLessThan(0.08);
    expect(deviant / runs).toBeGreaterThan(0.01);
    expect(deviant / runs).toBeLessThan(0.1);
  });

  it("finds what is not there: a shift, and a correlation that was lost", () => {
    const random = new Random(5);
    const x = Array.from(random.fillNormal(new Float64Array(500)));
    const z = Array.from(random.fillNormal(new Float64Array(500)));
    const found = agreement(
      {
        names: ["first", "second"],
        data: [x, x.map((value, i) => value + 0.3 * z[i])],
        samples: [z.map((v) => v + 1), x],
      },
      2,
    )!;
    expect(found.columns[0].distance).toBeGreaterThan(found.chance);
    expect(found.columns[1].distance).toBeLessThan(found.chance);
    expect(found.correlations[0].deviation).toBeGreaterThan(10);
  });

  it("says nothing of a handful of rows", () => {
    expect(agreement({ names: ["first"], data: [[1, 2, 3]], samples: [[1, 2, 3]] }, 1)).toBeUndefined();
  });
});
