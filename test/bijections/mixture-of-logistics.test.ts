// The mixture of logistics against values computed in 30 digits, far into its tails, and back.

import { describe, expect, it } from "vitest";
import { type Link, mixtureOfLogistics } from "../../src/bijections/index.js";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";
import { gradients, input, sum, type Tensor } from "../../src/tensor/index.js";
import { oddColumns } from "./odd-columns.js";
import { evaluate, randomStore, worstError } from "./support.js";

const x = input("x", ["batch", 1]);

/** A layer whose first column has these weights, centres and scales. */
function mixtureOf(link: Link, components: readonly (readonly [number, number, number])[]) {
  const layer = mixtureOfLogistics({ dim: 1, components: components.length, link });
  const { logits, center, logScale } = layer.parameters;
  return (float: "float64" | "float32") => {
    const store = randomStore(layer.parameters, { noise: 0, float });
    store.view(logits).set(components.map(([weight]) => Math.log(weight)));
    store.view(center).set(components.map(([, at]) => at));
    store.view(logScale).set(components.map(([, , scale]) => Math.log(scale - 1e-3)));
    return { layer, store };
  };
}

// import mpmath as mp; mp.mp.dps = 30; k = mp.sqrt(3) / mp.pi; lo = lambda z: 1 / (1 + mp.e ** -z)
// parts = ((.2, -2, .3), (.5, .5, 1.2), (.3, 3, .05))
// for x in (-10000, -40, -3, 0, .7, 2.9, 6, 90, 10000):
//   F, S = (sum(w * lo(sign * (x - m) / s) for w, m, s in parts) for sign in (1, -1))
//   f = sum(w * lo((x - m) / s) * lo(-(x - m) / s) / s for w, m, s in parts)
//   l = mp.log(min(F, S)); start = mp.sqrt(-2 * l - mp.log(-4 * mp.pi * l)) if l < -2 else .5
//   q = mp.findroot(lambda q: mp.log(mp.erfc(q / mp.sqrt(2)) / 2) - l, start)
//   print(x, k * mp.log(F / S), mp.log(k * f / F / S), q if S < F else -q, mp.log(f) + q * q / 2 + mp.log(2 * mp.pi) / 2)
const parts = [
  [0.2, -2, 0.3],
  [0.5, 0.5, 1.2],
  [0.3, 3, 0.05],
] as const;
const points = Float64Array.of(-1e4, -40, -3, 0, 0.7, 2.9, 6, 90, 1e4);
const known: Record<Link, { y: readonly number[]; logDet: readonly number[] }> = {
  logit: {
    y: [
      -4595.019334290782, -18.989502289908327, -1.8699235526123412, -0.2272154270226542, -0.06455584282204584,
      0.4058758866767632, 2.9118865015300957, 41.502098852964835, 4594.559893544598,
    ],
    logDet: [
      -0.7777452983093, -0.7777452983093011, -0.296651070134115, -1.4633744915259221, -1.4736084529036093,
      0.5284493788782232, -0.7828426694018565, -0.7777452983093, -0.7777452983093,
    ],
  },
  probit: {
    y: [
      -129.06327011100117, -7.929477289771316, -1.84447551210319, -0.2574825874124617, -0.07335814233716062,
      0.4569858709361579, 2.5717920909698204, 11.988888310661645, 129.05681355558735,
    ],
    logDet: [
      -5.042684331524988, -2.2682251596497043, -0.5391073970730997, -1.3443221833256442, -1.3462754703650086,
      0.6283994060941448, -1.253144040157028, -2.6731420747228465, -5.042634309997828,
    ],
  },
};

describe.each(["logit", "probit"] as const)("with the %s", (link) => {
  it.each([
    ["float64", 1e-10],
    ["float32", 3e-6],
  ] as const)("is right from −10,000 to 10,000 in %s", async (float, tolerance) => {
    const { layer, store } = mixtureOf(link, parts)(float);
    const { y, logDet } = await evaluate(layer.forward(x), { x: points }, store);
    expect(worstError(y, known[link].y)).toBeLessThan(tolerance);
    expect(worstError(logDet, known[link].logDet)).toBeLessThan(tolerance);
  });

  it.each([
    ["float64", 1e-10],
    ["float32", 1e-5],
  ] as const)("is undone for hard mixtures on every scale in %s", async (float, tolerance) => {
    const dim = 40;
    const layer = mixtureOfLogistics({ dim, components: 6, link });
    const store = randomStore(layer.parameters, { noise: 2, float, seed: 5 });
    const rows = input("x", ["batch", dim]);
    const values = Float64Array.from({ length: 200 * dim }, (_, i) =>
      Math.sinh((Math.floor(i / dim) - 99.5) / 10),
    );
    const back = layer.inverse(rows);
    const { y } = await evaluate({ y: layer.forward(back.x).y }, { x: values }, store);
    expect(worstError(y, values)).toBeLessThan(tolerance);
  });

  it("is undone where Newton alone would go to and fro for ever", async () => {
    const { layer, store } = mixtureOf(link, [
      [0.2226, 0.5239992938784265, 1.1478464375014683],
      [0.2402, -1.5970868456187663, 1.0360227610362918],
      [0.0133, 1.088538570382045, 4.884846403388027],
      [0.0931, 3.5897840327747943, 0.21861331809011103],
      [0.3025, -2.223035849723498, 0.3023076887032428],
    ])("float64");
    const values = Float64Array.from({ length: 801 }, (_, i) => (i - 400) / 100);
    const { y } = await evaluate({ y: layer.forward(layer.inverse(x).x).y }, { x: values }, store);
    expect(worstError(y, values)).toBeLessThan(1e-10);
  });

  it.each([1, 2, 5, 8])("starts near the identity with %i components", async (components) => {
    const layer = mixtureOfLogistics({ dim: 1, components, link, random: new Random(2) });
    const near = Float64Array.from({ length: 41 }, (_, i) => (i - 20) / 20);
    const store = randomStore(layer.parameters, { noise: 0 });
    const { y } = await evaluate({ y: layer.forward(x).y }, { x: near }, store);
    expect(Math.max(...y.map((value, i) => Math.abs(value - near[i])))).toBeLessThan(
      components === 2 ? 0.3 : 0.2,
    );
  });

  it("starts from a sample with curves that bring its columns near a normal", async () => {
    const sample = oddColumns(2000);
    const layer = mixtureOfLogistics({ dim: 2, components: 8, link, sample });
    const { y } = layer.forward(input("x", ["batch", 2]));
    const result = await evaluate({ y }, { x: sample }, randomStore(layer.parameters, { noise: 0 }));
    // Half of a normal lies within 0.67 of 0, nine tenths within 1.64.
    for (const column of [0, 1]) {
      const share = (bound: number) =>
        result.y.filter((v, i) => i % 2 === column && Math.abs(v) < bound).length / 2000;
      expect(Math.abs(share(0.67) - 0.5)).toBeLessThan(0.15);
      expect(Math.abs(share(1.64) - 0.9)).toBeLessThan(0.08);
    }
  });

  it("has second derivatives, so that a score has exact Hessian-vector products", async () => {
    const { layer, store } = mixtureOf(link, parts)("float64");
    const { y, logDet } = layer.forward(x);
    const [first] = gradients(sum(sum(y), []), [x]);
    const [slope] = gradients(sum(logDet), [x]);
    const [second] = gradients(sum(first as Tensor), [x]);
    const [bend] = gradients(sum(slope as Tensor), [x]);
    const outputs = {
      first: first as Tensor,
      slope: slope as Tensor,
      second: second as Tensor,
      bend: bend as Tensor,
    };
    const at = Float64Array.of(-30, -4, -2.2, 0.1, 2, 3.1, 8, 60);
    const h = 1e-5;
    const below = await evaluate(outputs, { x: at.map((v) => v - h) }, store);
    const above = await evaluate(outputs, { x: at.map((v) => v + h) }, store);
    const here = await evaluate(outputs, { x: at }, store);
    const difference = (name: "first" | "slope") =>
      at.map((_, i) => (above[name][i] - below[name][i]) / (2 * h));
    expect(worstError(here.second, difference("first"))).toBeLessThan(1e-7);
    expect(worstError(here.bend, difference("slope"))).toBeLessThan(1e-6);
  });
});

it("refuses components that are not a whole number from 1, and a link it does not know", () => {
  for (const components of [0, 1.5, Number.NaN])
    expect(() => mixtureOfLogistics({ dim: 1, components })).toThrow(LogdetError);
  expect(() => mixtureOfLogistics({ dim: 1, link: "cauchit" as Link })).toThrow(/cauchit/);
});
