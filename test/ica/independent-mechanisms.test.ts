// The contrast of independent mechanisms and the Jacobians it is made of, against closed forms and finite differences.

import { expect, it } from "vitest";
import {
  type Bijection,
  chain,
  gdn,
  linear,
  rationalQuadraticSpline,
  smoothLeakyRelu,
  sumOfTanh,
} from "../../src/bijections/index.js";
import {
  independentMechanismContrast,
  independentMechanisms,
  mixingJacobian,
} from "../../src/ica/independent-mechanisms.js";
import { logVolume, randomRotation } from "../../src/ica/matrices.js";
import { Random } from "../../src/random/index.js";
import { inverse, logAbsDet, ParameterStore, Program } from "../../src/runtime/index.js";
import { broadcastTo, gradients, input, type Tensor } from "../../src/tensor/index.js";
import { captured } from "./captured.js";

const dim = 3;
const rows = 5;
const random = new Random(4);
const x = input("x", ["batch", dim]);
const data = random.fillNormal(new Float64Array(rows * dim));
const dense = (seed: number, start?: Float64Array) =>
  linear({
    dim,
    random: new Random(seed),
    noise: start ? 0 : 0.4,
    start: start && { weight: start, bias: [0, 1, 2] },
  });

async function compiled(bijection: Bijection, outputs: Record<string, Tensor>) {
  const store = new ParameterStore(Object.values(bijection.parameters), { float: "float64" });
  const program = await Program.compile(outputs, { parameters: store, threads: 1, float: "float64" });
  const run = async (inputs: Record<string, Float64Array>) => {
    const found = await program.run(inputs);
    return Object.fromEntries(
      Object.entries(found).map(([name, values]) => [name, Float64Array.from(values)]),
    );
  };
  return { store, run };
}

async function contrastOf(bijection: Bijection) {
  const { run } = await compiled(bijection, { contrast: independentMechanismContrast(bijection, x) });
  return (await run({ x: data })).contrast[0];
}

it("has the closed form of a linear map, and is 0 where its mixing's rows are orthogonal", async () => {
  const layer = dense(1);
  const weight = Float64Array.from(layer.parameters.weight.initial);
  const back = inverse(weight, dim);
  const lengths = [0, 1, 2].map((i) => Math.hypot(...back.subarray(i * dim, (i + 1) * dim)));
  const closed =
    lengths.reduce((sum, length) => sum + Math.log(length), 0) + logAbsDet(weight, dim).logAbsDet;
  expect(closed).toBeGreaterThan(0.01);
  expect(await contrastOf(layer)).toBeCloseTo(closed, 12);

  // A rotation, then any scaling and bending of single sources.
  const rotation = dense(
    2,
    randomRotation(dim, random).map((value) => 3 * value),
  );
  expect(await contrastOf(rotation)).toBeCloseTo(0, 12);
  const bent = chain([
    rotation,
    sumOfTanh({ dim, random }),
    dense(3, Float64Array.of(2, 0, 0, 0, 0, -5, 0, 1, 0)),
  ]);
  expect(await contrastOf(bent)).toBeCloseTo(0, 12);
});

it("follows the mixing's Jacobian through dense layers and curves, as finite differences of the inverse do", async () => {
  const flow = chain([
    dense(4),
    sumOfTanh({ dim, random }),
    dense(5),
    smoothLeakyRelu({ dim }),
    dense(6),
    rationalQuadraticSpline({ dim, bins: 4 }),
  ]);
  const y = input("y", ["batch", dim]);
  const changes = mixingJacobian(flow, x);
  const outputs = Object.fromEntries(changes.map((change, i) => [`change${i}`, change]));
  const { run, store } = await compiled(flow, { ...outputs, latent: flow.forward(x).y });
  const found = await run({ x: data });
  const back = await Program.compile(
    { x: flow.inverse(y).x },
    { parameters: store, threads: 1, float: "float64" },
  );
  const step = 1e-4;
  for (let i = 0; i < dim; i++) {
    const moved = async (by: number) =>
      Float64Array.from(
        (await back.run({ y: found.latent.map((value, k) => (k % dim === i ? value + by : value)) })).x,
      );
    const [ahead, behind] = [await moved(step), await moved(-step)];
    ahead.forEach((value, k) => {
      expect(found[`change${i}`][k]).toBeCloseTo((value - behind[k]) / (2 * step), 5);
    });
  }
});

it("has the gradient that finite differences have, seen in fewer or more columns too", async () => {
  const flow = chain([dense(7), sumOfTanh({ dim, units: 2, random }), dense(8)]);
  const matrix = random.fillNormal(new Float64Array(dim * 4));
  const contrast = independentMechanismContrast(flow, x, { matrix, logVolume: logVolume(matrix, dim) });
  const parameters = Object.values(flow.parameters);
  const outputs = Object.fromEntries(
    gradients(contrast, parameters).flatMap((gradient, i) =>
      gradient ? [[`gradient${i}`, broadcastTo(gradient, parameters[i].shape)]] : [],
    ),
  );
  const { run, store } = await compiled(flow, { contrast, ...outputs });
  const found = await run({ x: data });
  expect(found.contrast[0]).toBeGreaterThan(0);
  const step = 1e-5;
  for (const [i, parameter] of parameters.entries()) {
    const values = store.view(parameter);
    for (let k = 0; k < values.length; k++) {
      const at = values[k];
      values[k] = at + step;
      const ahead = (await run({ x: data })).contrast[0];
      values[k] = at - step;
      const behind = (await run({ x: data })).contrast[0];
      values[k] = at;
      // The last bias moves nothing.
      expect(found[`gradient${i}`]?.[k] ?? 0).toBeCloseTo((ahead - behind) / (2 * step), 6);
    }
  }
});

it("refuses maps whose Jacobian it cannot follow, and negative weights", async () => {
  const error = await captured(async () => independentMechanismContrast(gdn({ dim }), x));
  expect(error.message).toContain("through the map gdn");
  expect((await captured(async () => independentMechanisms({ weight: -1 }))).message).toContain("got -1");
});
