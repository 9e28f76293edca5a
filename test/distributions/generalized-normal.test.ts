// The generalized normal against scipy, from heavy tails to nearly uniform.

import { describe, expect, it } from "vitest";
import { generalizedNormal } from "../../src/distributions/index.js";
import { LogdetError } from "../../src/errors.js";
import { gradients, input, sum, type Tensor } from "../../src/tensor/index.js";
import { evaluate, lineGrid, randomStore, worstError } from "../bijections/support.js";

const z = input("z", ["batch", 1]);
const uniform = input("uniform", ["batch", 1]);

// from scipy.stats import gennorm
// for b in (.3, .5, 1, 1.5, 2, 3.7, 8, 50): print(gennorm.logpdf([.01, -.5, 1.2, 3], b),
//     gennorm.ppf([2 ** -17, .001, .2, .4, .499, .77, 1 - 2 ** -13], b))
const points = [0.01, -0.5, 1.2, 3];
const probabilities = [2 ** -17, 0.001, 0.2, 0.4, 0.499, 0.77, 1 - 2 ** -13];
const known: [number, number[], number[]][] = [
  [
    0.3,
    [-3.1700969191354815, -3.7311606723407587, -3.9751282444237814, -4.309297446300432],
    [
      -12120.951772118648, -2962.1919550937628, -62.84171536787064, -6.894189091461017, -0.023749964547245338,
      47.40914057043566, 5932.981313393265,
    ],
  ],
  [
    0.5,
    [-1.4862943611198907, -2.0934011423064383, -2.4817394761302225, -3.1183451686887675],
    [
      -189.99571115192578, -71.6033978675163, -4.089750862215543, -0.6796160840702634, -0.004175596735961373,
      3.274488721024373, 116.30664876262584,
    ],
  ],
  [
    1,
    [-0.7031471805599453, -1.1931471805599454, -1.8931471805599451, -3.6931471805599454],
    [
      -11.090354888959125, -6.214608098422191, -0.9162907318741551, -0.2231435513142097,
      -0.0020020026706730806, 0.7765287894989966, 8.317766166719343,
    ],
  ],
  [
    1.5,
    [-0.5918323475993045, -0.9443857381925782, -1.905366485611703, -5.786984770305937],
    [
      -4.638449737752103, -3.040803498338989, -0.6638844899050579, -0.18640149560719949,
      -0.0018055459937098247, 0.5756665680381869, 3.76708603306195,
    ],
  ],
  [
    2,
    [-0.5724649429247, -0.8223649429247, -2.0123649429247, -9.5723649429247],
    [
      -3.058179581850916, -2.185124219133004, -0.5951160814499946, -0.1791434546212916, -0.001772455707018931,
      0.5224436173171788, 2.5939005131344874,
    ],
  ],
  [
    3.7,
    [-0.5905089972349106, -0.6674554832582508, -2.553736374023873, -58.847579516738215],
    [
      -1.7697927318373479, -1.4420032277978505, -0.5543594647811817, -0.1805588819068332,
      -0.0018049068024122645, 0.4949717303961554, 1.6030596964237107,
    ],
  ],
  [
    8,
    [-0.6331239964339058, -0.6370302464339057, -4.932940956433904, -6561.633123996434],
    [
      -1.2806739730500785, -1.148023827396439, -0.5657030500619368, -0.18834857311496273,
      -0.0018834853996994062, 0.5087946432913111, 1.2160680432216655,
    ],
  ],
  [
    50,
    [-0.6819286912301754, -0.6819286912301763, -9101.120078693364, -7.178979876918526e23],
    [
      -1.034268742523961, -1.0083829384490957, -0.5933065219584021, -0.19776884065278255,
      -0.00197768840652783, 0.5339758697625134, 1.0227704710274614,
    ],
  ],
];

describe.each(known)("with the power %d", (power, densities, quantiles) => {
  const base = generalizedNormal({ dim: 1, power });

  it.each([
    ["float64", 1e-12, 1e-6],
    ["float32", 1e-5, 1e-5],
  ] as const)("has scipy's log-density and quantiles in %s", async (float, density, quantile) => {
    const store = randomStore(base.parameters, { noise: 0, float });
    const { p } = await evaluate({ p: base.logProb(z) }, { z: Float64Array.from(points) }, store);
    expect(worstError(p, densities)).toBeLessThan(density);
    const { draw } = await evaluate(
      { draw: base.sample({ uniform }) },
      { uniform: Float64Array.from(probabilities) },
      store,
    );
    expect(worstError(draw, quantiles)).toBeLessThan(quantile);
  });

  it("integrates to one", async () => {
    // The half line, twice: the cusp is at its end.
    const grid = lineGrid(38, 20_001, "half-line");
    const store = randomStore(base.parameters, { noise: 0 });
    const { p } = await evaluate({ p: base.logProb(z) }, { z: grid.points }, store);
    expect(2 * p.reduce((total, v, i) => total + Math.exp(v) * grid.weights[i], 0)).toBeCloseTo(1, 8);
  });
});

it("has draws with the gradient of their quantile function, for the power", async () => {
  const base = generalizedNormal({ dim: 1, power: 1.3 });
  const { logPower } = base.parameters;
  const draw = base.sample({ uniform });
  const [gradient] = gradients(sum(draw), [logPower]);
  const u = { uniform: Float64Array.of(0.93) };
  const raw = Math.log(1.3 - 0.25);
  const at = async (value: number, outputs: Record<string, Tensor>) => {
    const store = randomStore(base.parameters, { noise: 0 });
    store.view(logPower).set([value]);
    return (await evaluate({ result: Object.values(outputs)[0] }, u, store)).result[0];
  };
  const difference = ((await at(raw + 1e-5, { draw })) - (await at(raw - 1e-5, { draw }))) / 2e-5;
  expect(await at(raw, { gradient: gradient as Tensor })).toBeCloseTo(difference, 6);
});

it("stays finite with its gradients at zero and far out, whatever the power", async () => {
  for (const power of [0.3, 1, 2, 40]) {
    const base = generalizedNormal({ dim: 1, power });
    const density = base.logProb(z);
    const [slope, forPower] = gradients(sum(density), [z, base.parameters.logPower]);
    const outputs = { density, slope: slope as Tensor, forPower: forPower as Tensor };
    const rows = Float64Array.of(0, 1e-20, -1e-8, 1e4, -1e8);
    const store = randomStore(base.parameters, { noise: 0, float: "float32" });
    const result = await evaluate(outputs, { z: rows }, store);
    for (const [name, values] of Object.entries(result))
      expect(values.every(Number.isFinite), `${name} at power ${power}`).toBe(true);
  }
});

it("refuses a power that is not above 0.25 and finite", () => {
  for (const power of [0.25, -1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => generalizedNormal({ dim: 1, power })).toThrow(LogdetError);
});
