// Maps of some columns beside others: they see the others, however deep, and leave them as they are.

import { expect, it } from "vitest";
import { beside, chain, conditionalAffine, linear } from "../../src/bijections/index.js";
import { Random } from "../../src/random/index.js";
import { input } from "../../src/tensor/index.js";
import { evaluate, normalRows, randomStore } from "./support.js";

it("shifts and scales by the numbers of the category that is given", async () => {
  const layer = conditionalAffine({ dim: 2, given: 3 });
  const store = randomStore(layer.parameters);
  const [shift, logScale] = [store.view(layer.parameters.shift), store.view(layer.parameters.logScale)];
  const { y, logDet } = layer.forward(input("x", ["batch", 2]), input("e", ["batch", 3]));
  const found = await evaluate({ y, logDet }, { x: [1, -2, 1, -2], e: [0, 1, 0, 0, 0, 1] } as never, store);
  for (const [row, k] of [1, 2].entries()) {
    const s = [0, 1].map((j) => 3 * Math.tanh(logScale[2 * k + j] / 30));
    for (const [j, x] of [1, -2].entries())
      expect(found.y[2 * row + j]).toBeCloseTo(x * Math.exp(s[j]) + shift[2 * k + j] / 10, 12);
    expect(found.logDet[row]).toBeCloseTo(s[0] + s[1], 12);
  }
});

it("starts as the identity, a hidden layer or none", async () => {
  for (const hidden of [0, 4]) {
    const layer = beside({
      inner: conditionalAffine({ dim: 2, given: 3, hidden, random: new Random(1) }),
      extra: 3,
    });
    const rows = normalRows(5, 5);
    const { y, logDet } = await evaluate(
      layer.forward(input("x", ["batch", 5])),
      { x: rows },
      randomStore(layer.parameters, { noise: 0 }),
    );
    expect([...y]).toEqual([...rows]);
    expect(logDet.every((value) => value === 0)).toBe(true);
  }
});

it("never stretches more than e³ times, however far its numbers run", async () => {
  const layer = conditionalAffine({ dim: 1, given: 1 });
  const store = randomStore(layer.parameters, { noise: 0 });
  store.view(layer.parameters.logScale)[0] = 1e6;
  const { logDet } = layer.forward(input("x", ["batch", 1]), input("e", ["batch", 1]));
  const found = await evaluate({ logDet }, { x: Float64Array.of(1, 1), e: Float64Array.of(1, -1) }, store);
  expect([...found.logDet]).toEqual([3, -3]);
});

it("hands the other columns to every part of a chain, and leaves them as they are to the bit", async () => {
  const parts = [
    conditionalAffine({ dim: 2, given: 2 }),
    linear({ dim: 2 }),
    conditionalAffine({ dim: 2, given: 2 }),
  ];
  const layer = beside({ inner: chain(parts), extra: 2 });
  const rows = normalRows(20, 4);
  const x = input("x", ["batch", 4]);
  const { y, logDet } = layer.forward(x);
  const alone = chain(parts).forward(input("own", ["batch", 2]), input("others", ["batch", 2]));
  const part = (from: number) =>
    Float64Array.from({ length: 40 }, (_, i) => rows[Math.floor(i / 2) * 4 + from + (i % 2)]);
  const found = await evaluate(
    { y, logDet, alone: alone.y, aloneLogDet: alone.logDet },
    { x: rows, own: part(0), others: part(2) },
    randomStore(layer.parameters),
  );
  expect([...found.logDet]).toEqual([...found.aloneLogDet]);
  for (let row = 0; row < 20; row++) {
    expect([...found.y.subarray(4 * row, 4 * row + 2)]).toEqual([
      ...found.alone.subarray(2 * row, 2 * row + 2),
    ]);
    expect([...found.y.subarray(4 * row + 2, 4 * row + 4)]).toEqual([
      ...rows.subarray(4 * row + 2, 4 * row + 4),
    ]);
  }
});

it("refuses a missing context, and a number of columns that is none", () => {
  const layer = conditionalAffine({ dim: 2, given: 3 });
  expect(() => layer.forward(input("x", ["batch", 2]))).toThrow("needs a context of 3 columns");
  expect(() => beside({ inner: layer, extra: 1.5 })).toThrow("got 1.5");
});
