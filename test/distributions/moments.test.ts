// Densities and draws against numbers from elsewhere: known moments, known values.

import { describe, expect, it } from "vitest";
import {
  type Distribution,
  laplace,
  logistic,
  mixtureOfGaussians,
  normal,
  studentT,
} from "../../src/distributions/index.js";
import { LogdetError } from "../../src/errors.js";
import { input } from "../../src/tensor/index.js";
import { evaluate, randomStore, worstError } from "../bijections/support.js";
import { draws } from "./support.js";

const z = input("z", ["batch", 1]);

describe("draws of", () => {
  it.each<[string, Distribution, number, number]>([
    ["the normal", normal({ dim: 1 }), 1, 3],
    ["the Laplace base", laplace({ dim: 1 }), 2, 6],
    ["the logistic base", logistic({ dim: 1 }), Math.PI ** 2 / 3, 4.2],
    ["the Student-t base with ν = 10", studentT({ dim: 1 }), 10 / 8, 4],
  ])("%s have their mean, variance and kurtosis", async (_, base, variance, kurtosis) => {
    const count = 200_000;
    const values = await draws(base, count, randomStore(base.parameters, { noise: 0 }));
    const moment = (power: number) => values.reduce((total, v) => total + v ** power, 0) / count;
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(variance / count));
    expect(moment(2) / variance).toBeCloseTo(1, 1.5);
    expect(moment(4) / variance ** 2 / kurtosis).toBeCloseTo(1, 1);
  });

  it("a mixture have the mean and variance of its parts", async () => {
    const base = mixtureOfGaussians({ dim: 1, components: 2 });
    const store = randomStore(base.parameters, { noise: 0 });
    store.view(base.parameters.logits).set([Math.log(0.2), Math.log(0.8)]);
    store.view(base.parameters.mean).set([-5, 2]);
    store.view(base.parameters.logScale).set([Math.log(0.5), Math.log(2)]);
    const values = await draws(base, 100_000, store);
    const average = values.reduce((a, b) => a + b) / values.length;
    const spread = values.reduce((total, v) => total + (v - 0.6) ** 2, 0) / values.length;
    expect(average).toBeCloseTo(0.2 * -5 + 0.8 * 2, 1);
    expect(spread).toBeCloseTo(0.2 * (0.25 + 5.6 ** 2) + 0.8 * (4 + 1.4 ** 2), 0);
  });
});

describe("a mixture", () => {
  it("chooses a component by the uniform number, also at the edges", async () => {
    const base = mixtureOfGaussians({ dim: 1, components: 4 });
    const store = randomStore(base.parameters, { noise: 0, float: "float32" });
    store.view(base.parameters.logits).set([-200, Math.log(0.25), -200, Math.log(0.75)]);
    store.view(base.parameters.mean).set([10, 20, 30, 40]);
    store.view(base.parameters.logScale).fill(-20);
    const [uniform, noise] = [input("uniform", ["batch", 1]), input("normal", ["batch", 1])];
    const draw = base.sample({ uniform, normal: noise });
    const u = Float64Array.of(2 ** -24, 0.1, 0.2499, 0.2501, 0.9, 1 - 2 ** -24);
    const result = await evaluate({ draw }, { uniform: u, normal: new Float64Array(6).fill(1) }, store);
    expect([...result.draw]).toEqual([20, 20, 20, 40, 40, 40].map((mean) => expect.closeTo(mean, 4)));
  });
});

describe("the Student-t log-density", () => {
  // At 0, 0.5, −3, 40 and 10⁴, to the last bit:
  //   python3 -c "import mpmath as mp; mp.mp.dps = 40
  //   f = lambda n, x: mp.loggamma((n+1)/2) - mp.loggamma(n/2) - mp.log(n*mp.pi)/2 - (n+1)/2*mp.log1p(mp.mpf(x)**2/n)
  //   for n in (0.1, 0.5, 1, 2.5, 10, 300, 1e4): print(n, [mp.nstr(f(mp.mpf(n), x), 17) for x in (0, .5, -3, 40, 1e4)])"
  const points = Float64Array.of(0, 0.5, -3, 40, 1e4);
  it.each([
    [
      0.1,
      [-1.909920741368282, -2.598940374040734, -4.39089346995255, -7.234144315966163, -13.307716952238808],
    ],
    [
      0.5,
      [
        -1.3105329259115095, -1.6146317569926327, -3.5188621602863397, -7.3639468308889064,
        -15.645903873045743,
      ],
    ],
    [
      1,
      [-1.1447298858494002, -1.3678734371636099, -3.447314978843446, -8.523113598846114, -19.565410639801765],
    ],
    [
      2.5,
      [-1.01663959346045, -1.1834324081180185, -3.6872381245767865, -12.326941143071624, -31.649322158347317],
    ],
    [
      10,
      [-0.9438973521509523, -1.0797067213979954, -4.474093726099124, -28.891621359565498, -89.59342398242168],
    ],
    [
      300,
      [-0.9197718649948168, -1.0451363037305421, -5.368371602347249, -278.7166887849936, -1914.8134128933903],
    ],
    [
      1e4,
      [-0.9189635332046311, -1.043974470574425, -5.417389545006515, -743.0931991271301, -46057.72601859927],
    ],
  ])("is that of an independent computation for ν = %d", async (degreesOfFreedom, expected) => {
    const base = studentT({ dim: 1, degreesOfFreedom });
    const outputs = { p: base.logProb(z) };
    const relative = (values: Float64Array) =>
      Math.max(...values.map((v, i) => Math.abs(v / expected[i] - 1)));
    const double = await evaluate(outputs, { z: points }, randomStore(base.parameters, { noise: 0 }));
    expect(relative(double.p)).toBeLessThan(1e-12);
    const single = await evaluate(
      outputs,
      { z: points },
      randomStore(base.parameters, { noise: 0, float: "float32" }),
    );
    expect(relative(single.p)).toBeLessThan(3e-6);
  });

  it("starts at the degrees of freedom that were asked for, and refuses those it cannot have", () => {
    expect(() => studentT({ dim: 1, degreesOfFreedom: 0 })).toThrow(LogdetError);
    expect(() => studentT({ dim: 1, degreesOfFreedom: Number.POSITIVE_INFINITY })).toThrow(LogdetError);
  });
});

describe("far from the centre", () => {
  const points = Float64Array.of(-1e4, -100, 100, 1e4);
  it.each<[string, Distribution, (v: number) => number]>([
    ["the normal", normal({ dim: 1 }), (v) => -0.5 * v * v - 0.5 * Math.log(2 * Math.PI)],
    ["the Laplace base", laplace({ dim: 1 }), (v) => -Math.abs(v) - Math.LN2],
    ["the logistic base", logistic({ dim: 1 }), (v) => -Math.abs(v)],
  ])("%s falls as its formula says", async (_, base, expected) => {
    for (const float of ["float64", "float32"] as const) {
      const { p } = await evaluate({ p: base.logProb(z) }, { z: points }, randomStore({}, { float }));
      expect(worstError(p, points.map(expected))).toBeLessThan(1e-6);
    }
  });
});
