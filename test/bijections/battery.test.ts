// What must hold for every bijection, with random parameters. Truths are numerical: differences, not formulas.

import { describe, expect, it } from "vitest";
import {
  type Bijection,
  bijections,
  buildBijection,
  type Config,
  chain,
  linear,
} from "../../src/bijections/index.js";
import { normal } from "../../src/distributions/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/parameter-store.js";
import { Program } from "../../src/runtime/program.js";
import { add, gradients, input, mean, mul, sum, type Tensor } from "../../src/tensor/index.js";
import { bijectionCases } from "./cases.js";
import {
  asFloat,
  differences,
  evaluate,
  integral,
  logAbsDeterminant,
  normalRows,
  randomStore,
  wideRows,
  worstError,
} from "./support.js";

/** One value a row, also where the log-det is the same for all of them. */
const perRow = (logDet: Float64Array, rows: number) =>
  logDet.length === 1 ? new Float64Array(rows).fill(logDet[0]) : logDet;

/** The largest |a − b| relative to 1 + the largest element of the row. */
function worstRowError(a: Float64Array, b: Float64Array, dim: number): number {
  let worst = 0;
  for (let row = 0; row < b.length; row += dim) {
    const size = 1 + Math.max(...b.subarray(row, row + dim).map(Math.abs));
    for (let i = row; i < row + dim; i++) {
      const error = Math.abs(a[i] - b[i]) / size;
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

/** Rows, each followed by copies in which one column is moved by ±h: [rows, 1 + 2 dim, dim]. */
function withNeighbours(x: Float64Array, dim: number, h: number): Float64Array {
  const block = 1 + 2 * dim;
  return Float64Array.from({ length: x.length * block }, (_, i) => {
    const column = i % dim;
    const copy = Math.floor(i / dim) % block;
    const base = x[Math.floor(i / (dim * block)) * dim + column];
    if (copy === 0 || Math.floor((copy - 1) / 2) !== column) return base;
    return base + (copy % 2 ? h : -h);
  });
}

/** Gradients of a scalar made from rows x against differences, for x and every parameter. */
async function expectGradients(loss: Tensor, x: Tensor, rows: Float64Array, bijection: Bijection) {
  const store = randomStore(bijection.parameters);
  const targets = { x, ...bijection.parameters };
  const found = gradients(loss, Object.values(targets));
  const wanted = Object.entries(targets).flatMap(([name, target], i) => {
    const gradient = found[i];
    return gradient ? [{ name, target, gradient }] : [];
  });
  const analytic = await evaluate(
    Object.fromEntries(wanted.map(({ name, gradient }) => [name, gradient])),
    { x: rows },
    store,
  );
  const program = await Program.compile({ loss }, { parameters: store, float: "float64", threads: 1 });
  for (const { name, target } of wanted) {
    const place = bijection.parameters[name];
    const values = target === x ? rows : (store.view(place) as Float64Array);
    const numeric = await differences(values, async () => (await program.run({ x: rows })).loss[0]);
    expect(worstError(analytic[name], numeric), `gradient of ${name}`).toBeLessThan(1e-6);
  }
  await program.release();
  return wanted.map(({ name }) => name);
}

/** The type of a bijection and of those that it is made of. */
function typesIn({ type, inner, parts }: Config): string[] {
  const within = [inner, ...((parts as unknown[] | undefined) ?? [])].filter((part) => part !== undefined);
  return [type, ...within.flatMap((part) => typesIn(part as Config))];
}

it("the battery covers every type in the table", () => {
  const covered = Object.values(bijectionCases).flatMap((make) => typesIn(make(2).config()));
  expect([...new Set(covered)].sort()).toEqual(Object.keys(bijections).sort());
});

describe.each(Object.entries(bijectionCases))("%s", (_, make) => {
  it("moves every column by itself where it says so, and nowhere else", async () => {
    const dim = 3;
    const bijection = make(dim);
    const x = input("x", ["batch", dim]);
    const h = 1e-4;
    const block = 1 + 2 * dim;
    const { y } = await evaluate(
      { y: bijection.forward(x).y },
      { x: withNeighbours(normalRows(8, dim, 6), dim, h) },
      randomStore(bijection.parameters),
    );
    let across = 0;
    for (let at = 0; at < y.length; at += block * dim)
      for (let moved = 0; moved < dim; moved++)
        for (let column = 0; column < dim; column++)
          if (moved !== column) {
            const [above, below] = [1, 2].map((side) => y[at + (2 * moved + side) * dim + column]);
            across = Math.max(across, Math.abs(above - below) / (2 * h));
          }
    if (bijection.columnwise) expect(across).toBeLessThan(1e-9);
    else expect(across).toBeGreaterThan(1e-6);
  });

  it.each([1, 2, 5])("has the log-determinant of its numerical Jacobian in %i dimensions", async (dim) => {
    const bijection = make(dim);
    const rows = 16;
    const h = 1e-5;
    const block = 1 + 2 * dim;
    const x = input("x", ["batch", dim]);
    const points = withNeighbours(normalRows(rows, dim, 2), dim, h);
    const { y, logDet } = await evaluate(
      bijection.forward(x),
      { x: points },
      randomStore(bijection.parameters),
    );
    const found = perRow(logDet, rows * block);
    for (let row = 0; row < rows; row++) {
      const jacobian = Float64Array.from({ length: dim * dim }, (_, i) => {
        const [from, to] = [Math.floor(i / dim), i % dim];
        const above = (row * block + 1 + 2 * from) * dim + to;
        return (y[above] - y[above + dim]) / (2 * h);
      });
      expect(found[row * block]).toBeCloseTo(logAbsDeterminant(jacobian, dim), 6);
    }
  });

  it.each([
    ["float64", 1e-10],
    ["float32", 1e-4],
  ] as const)("is undone by its inverse, either way round, also far out, in %s", async (float, tolerance) => {
    const dim = 3;
    const bijection = make(dim);
    const store = randomStore(bijection.parameters, { float });
    const points = Float64Array.from([...normalRows(50, dim, 2), ...wideRows(dim)]);
    const rows = points.length / dim;
    const x = input("x", ["batch", dim]);
    const there = bijection.forward(x);
    const back = bijection.inverse(there.y);
    const away = bijection.inverse(x);
    const home = bijection.forward(away.x);
    const result = await evaluate(
      {
        there: back.x,
        home: home.y,
        forwardLogDet: there.logDet,
        inverseLogDet: back.logDet,
        awayLogDet: away.logDet,
        homeLogDet: home.logDet,
      },
      { x: points },
      store,
    );
    const given = Float64Array.from(asFloat({ points }, float).points);
    expect(worstRowError(result.there, given, dim)).toBeLessThan(tolerance);
    expect(worstRowError(result.home, given, dim)).toBeLessThan(tolerance);
    const negative = (values: Float64Array) => perRow(values, rows).map((value) => -value);
    expect(worstError(perRow(result.inverseLogDet, rows), negative(result.forwardLogDet))).toBeLessThan(
      tolerance * 10,
    );
    expect(worstError(perRow(result.homeLogDet, rows), negative(result.awayLogDet))).toBeLessThan(
      tolerance * 10,
    );
  });

  it("has the gradients that differences show, for its input and every trained parameter", async () => {
    const dim = 2;
    const bijection = make(dim);
    const x = input("x", ["batch", dim]);
    const { y, logDet } = bijection.forward(x);
    const loss = mean(add(normal({ dim }).logProb(y), logDet), [0]);
    const seen = await expectGradients(loss, x, normalRows(4, dim, 1.5), bijection);
    // A learned inverse is no part of the density: its estimator trains it.
    const trained = Object.entries(bijection.parameters).filter(
      ([name, { trainable }]) => trainable && name !== "learnedInverse",
    );
    expect(seen).toEqual(expect.arrayContaining(["x", ...trained.map(([name]) => name)]));
  });

  it("has an inverse with the gradients that differences show", async () => {
    const dim = 2;
    const bijection = make(dim);
    const y = input("x", ["batch", dim]);
    const { x, logDet } = bijection.inverse(y);
    const loss = mean(add(sum(mul(x, add(x, 1)), 1), logDet), [0]);
    await expectGradients(loss, y, normalRows(4, dim, 0.7), bijection);
  });

  it("stays finite at 10,000 in float32, gradients included", async () => {
    const dim = 2;
    const bijection = make(dim);
    const x = input("x", ["batch", dim]);
    const { y, logDet } = bijection.forward(x);
    const back = bijection.inverse(x);
    const loss = mean(add(normal({ dim }).logProb(y), logDet), [0]);
    const targets = { x, ...bijection.parameters };
    const found = gradients(loss, Object.values(targets));
    const outputs: Record<string, Tensor> = { y, logDet, back: back.x, backLogDet: back.logDet, loss };
    for (const [i, name] of Object.keys(targets).entries()) {
      const gradient = found[i];
      if (gradient) outputs[`gradient of ${name}`] = gradient;
    }
    const store = randomStore(bijection.parameters, { float: "float32" });
    const results = await evaluate(outputs, { x: wideRows(dim) }, store);
    for (const [name, values] of Object.entries(results))
      expect(values.every(Number.isFinite), name).toBe(true);
  });

  it("is built again from its configuration, given the same parameters", async () => {
    const dim = 3;
    const bijection = make(dim);
    const again = buildBijection(JSON.parse(JSON.stringify(bijection.config())));
    const store = randomStore(bijection.parameters);
    const copy = new ParameterStore(Object.values(again.parameters), { float: "float64" });
    expect(Object.keys(again.parameters)).toEqual(Object.keys(bijection.parameters));
    for (const [name, parameter] of Object.entries(again.parameters)) {
      expect(parameter.trainable).toBe(bijection.parameters[name].trainable);
      copy.view(parameter).set(store.view(bijection.parameters[name]));
    }
    const x = input("x", ["batch", dim]);
    const rows = { x: normalRows(10, dim) };
    expect(await evaluate(again.forward(x), rows, copy)).toEqual(
      await evaluate(bijection.forward(x), rows, store),
    );
    expect(again.config()).toEqual(bijection.config());
  });

  it("twice between dense layers, gives a density on the line that integrates to one", async () => {
    const { density, store } = twiceBetweenDense(make, 1);
    expect(await integral(density, 1, store, { reach: 15, count: 20_001 })).toBeCloseTo(1, 3);
  });
});

/** log p of dense → part → dense → part → dense with a normal base, at the input x. */
function twiceBetweenDense(make: (dim: number) => Bijection, dim: number) {
  const dense = (seed: number) => linear({ dim, noise: 0.2, random: new Random(seed) });
  const flow = chain([dense(1), make(dim), dense(2), make(dim), dense(3)]);
  const { y, logDet } = flow.forward(input("x", ["batch", dim]));
  return {
    density: add(normal({ dim }).logProb(y), logDet),
    store: randomStore(flow.parameters, { noise: 0.15 }),
  };
}

// On the plane only those that do not stretch it so far (a hundredfold, twice) that a grid cannot follow.
it.each([
  "linear",
  "smooth leaky ReLU",
  "smooth leaky ReLU, straight",
  "leaky tanh",
  "standardization",
  "rational-quadratic spline",
])("%s, twice between dense layers, gives a density on the plane that integrates to one", async (name) => {
  const { density, store } = twiceBetweenDense(bijectionCases[name], 2);
  expect(await integral(density, 2, store, { reach: 8, count: 801 })).toBeCloseTo(1, 3);
});

describe("configurations that do not fit", () => {
  it.each([
    [{ type: "smooth-leaky-relu", dim: 2, alpha: 0 }, /alpha/],
    [{ type: "leaky-tanh", dim: 0, alpha: 1, beta: 1 }, /dim/],
    [{ type: "linear", dim: 2, code: "x" }, /code/],
    [{ type: "constructor", dim: 2 }, /no bijection of type/],
  ])("%j is refused by name", (config, message) => {
    expect(() => buildBijection(config)).toThrow(message);
  });
});
