// A flow taken apart into its layers: they make up its maps again.

import { expect, it } from "vitest";
import { latentClasses } from "../../src/distributions/index.js";
import { denseFlow, type Flow, latentMaps, layersOf } from "../../src/flows/index.js";
import { Random } from "../../src/random/index.js";
import { input, type Tensor } from "../../src/tensor/index.js";
import { evaluate, expectClose } from "../helpers/index.js";

const options = { dim: 2, layers: 2, activation: "spline", base: "normal", front: true } as const;
const transforms = [{ type: "log", bound: -9 }, { type: "identity" }] as const;

it.each<[string, Flow, readonly string[]]>([
  ["a flow", denseFlow(options), ["spline 1", "matrix 1", "spline 2", "matrix 2"]],
  [
    "a mixture of nets",
    denseFlow({ ...options, layers: 1, components: 3, random: new Random(2) }),
    ["spline 1", "matrix 1"],
  ],
  [
    "a flow beside categories",
    denseFlow({
      ...options,
      transforms,
      categories: latentClasses({ sizes: [2, 3] }),
      random: new Random(3),
    }),
    [
      ...["curves for bounds and tails 1", "spline 1", "shift by categories 1", "matrix 1", "spline 2"],
      ...["shift by categories 2", "matrix 2", "shift by categories 3"],
    ],
  ],
  [
    "another activation and matrix",
    denseFlow({ ...options, front: false, activation: "smooth-leaky-relu", layer: "lu-linear" }),
    ["matrix 1", "smooth leaky relu 1", "matrix 2"],
  ],
])("the layers of %s make up its maps, net by net", async (_, flow, names) => {
  const x = input("x", ["batch", flow.dim]);
  const maps = latentMaps(flow, x);
  const nets = layersOf(flow);
  expect(nets.length).toBe(maps.length);
  const numbers = new Random(1).fillNormal(new Float64Array(4 * flow.dim));
  // What stands behind the numbers is 0 or 1.
  const rows = numbers.map((value, i) => (i % flow.dim < 2 ? value : Number(value > 0)));
  for (const [k, layers] of nets.entries()) {
    expect(layers.map(({ name }) => name)).toEqual(names);
    let y: Tensor = x;
    for (const { bijection } of layers) y = bijection.forward(y).y;
    const { again, latent } = await evaluate({ again: y, latent: maps[k].latent }, { x: rows });
    expectClose(again, latent, { absolute: 1e-12 });
  }
});
