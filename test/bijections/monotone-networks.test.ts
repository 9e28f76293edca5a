// The two networks of Shah et al., which map onto part of the line and so are no case of the battery.

import { describe, expect, it } from "vitest";
import { clenshawCurtis } from "../../src/bijections/clenshaw-curtis.js";
import { constrainedNetwork, project, unconstrainedNetwork } from "../../src/bijections/index.js";
import { exponential } from "../../src/distributions/index.js";
import { Flow } from "../../src/flows/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore } from "../../src/runtime/index.js";
import { add, gradients, input, mean, sum } from "../../src/tensor/index.js";
import { differences, evaluate, logAbsDeterminant, worstError } from "./support.js";

const makers = {
  constrained: (dim: number) => constrainedNetwork({ dim, width: 7, random: new Random(1) }),
  unconstrained: (dim: number, intervals?: number) =>
    unconstrainedNetwork({ dim, width: 7, intervals, random: new Random(1) }),
};

/** Rows within (−0.9, 0.9), off the corners with probability one. */
const rowsOf = (count: number, dim: number) =>
  new Random(2).fillUniform(new Float64Array(count * dim)).map((u) => 1.8 * u - 0.9);

const storeOf = (network: { parameters: ReturnType<typeof constrainedNetwork>["parameters"] }) =>
  new ParameterStore(Object.values(network.parameters), { float: "float64" });

describe.each(Object.entries(makers))("the %s network", (_, make) => {
  it.each([1, 3])(
    "has the log-determinant of its numerical, triangular Jacobian in %i dimensions",
    async (dim) => {
      // Corners of the slope make the quadrature's error fall slowly: many intervals, for the sake of differences.
      const network = make(dim, 3000);
      const store = storeOf(network);
      const [row, h] = [rowsOf(1, dim), 1e-4];
      const moved = Array.from({ length: 2 * dim }, (_, k) =>
        row.map((value, i) => value + (i === k >> 1 ? (k % 2 ? -h : h) : 0)),
      );
      const x = Float64Array.from([...row, ...moved.flatMap((values) => [...values])]);
      const { y, logDet } = await evaluate(network.forward(input("x", ["batch", dim])), { x }, store);
      const jacobian = Float64Array.from({ length: dim * dim }, (_, i) => {
        const [from, to] = [Math.floor(i / dim), i % dim];
        return (y[(1 + 2 * from) * dim + to] - y[(2 + 2 * from) * dim + to]) / (2 * h);
      });
      for (let from = 0; from < dim; from++)
        for (let to = 0; to < from; to++) expect(jacobian[from * dim + to]).toBeCloseTo(0, 10);
      expect(logDet[0]).toBeCloseTo(logAbsDeterminant(jacobian, dim), 3);
    },
  );

  it.each([1, 2])("is undone by its inverse in %i dimensions", async (dim) => {
    const network = make(dim);
    const x = input("x", ["batch", dim]);
    const { y, logDet } = network.forward(x);
    const back = network.inverse(y);
    const rows = rowsOf(20, dim);
    const results = await evaluate(
      { back: back.x, there: logDet, home: back.logDet },
      { x: rows },
      storeOf(network),
    );
    expect(worstError(results.back, rows)).toBeLessThan(1e-9);
    expect(
      worstError(
        results.home,
        results.there.map((value) => -value),
      ),
    ).toBeLessThan(1e-8);
  });

  it("has the gradients that differences show", async () => {
    const network = make(2);
    const store = storeOf(network);
    const { y, logDet } = network.forward(input("x", ["batch", 2]));
    const loss = mean(add(sum(y, 1), logDet), [0]);
    const named = Object.entries(network.parameters).filter(([, { trainable }]) => trainable);
    const found = gradients(
      loss,
      named.map(([, parameter]) => parameter),
    );
    const x = rowsOf(3, 2);
    for (const [k, [name, parameter]] of named.entries()) {
      const { gradient } = await evaluate({ gradient: found[k]! }, { x }, store);
      const values = store.view(parameter) as Float64Array;
      const numeric = await differences(
        values,
        async () => (await evaluate({ loss }, { x }, store)).loss[0],
        1e-6,
      );
      expect(worstError(gradient, numeric), name).toBeLessThan(1e-5);
    }
  });

  it.each([
    { dim: 0, width: 4 },
    { dim: 1, width: 1.5 },
  ])("refuses %j", (options) => {
    const build = make === makers.constrained ? constrainedNetwork : unconstrainedNetwork;
    expect(() => build(options)).toThrow(/must be a whole number from 1/);
  });
});

it("the constrained network's inverse is NaN beyond its image", async () => {
  const network = makers.constrained(1);
  const store = storeOf(network);
  const most = Array.from(store.view(network.parameters.height)).reduce((a, b) => a + b) / Math.sqrt(7);
  const { x } = await evaluate(
    { x: network.inverse(input("y", ["batch", 1])).x },
    { y: Float64Array.of(0.99 * most, 1.01 * most) },
    store,
  );
  expect(x[0]).toBeGreaterThan(0);
  expect(x[1]).toBeNaN();
});

it("the unconstrained network with an exponential base leaves e^(−f(1)) of the mass beyond its domain", async () => {
  const network = unconstrainedNetwork({ dim: 1, width: 32, intervals: 16, random: new Random(3) });
  const flow = new Flow(network, exponential({ dim: 1 }));
  const count = 4001;
  const x = Float64Array.from({ length: count }, (_, i) => -1 + (2 * i) / (count - 1));
  const z = input("x", ["batch", 1]);
  const { p, y } = await evaluate({ p: flow.logProb(z), y: network.forward(z).y }, { x }, storeOf(network));
  const mass = p.reduce((total, value, i) => total + Math.exp(value) * (i % (count - 1) === 0 ? 0.5 : 1), 0);
  expect((mass * 2) / (count - 1)).toBeCloseTo(1 - Math.exp(-y[count - 1]), 3);
});

it("an odd number of quadrature intervals is refused", () => {
  expect(() => unconstrainedNetwork({ dim: 1, width: 4, intervals: 15 })).toThrow(/even number/);
});

it("projection moves what is not positive back to the edge, and nothing else", () => {
  expect([...project(Float64Array.of(-1, 0, 2))]).toEqual([1e-6, 1e-6, 2]);
});

it.each([2, 8, 16])(
  "Clenshaw and Curtis's rule of %i intervals integrates polynomials of that degree",
  (n) => {
    const { points, weights } = clenshawCurtis(n);
    for (let degree = 0; degree <= n; degree++) {
      const integral = points.reduce((total, s, k) => total + weights[k] * s ** degree, 0);
      expect(integral).toBeCloseTo(1 / (degree + 1), 12);
    }
  },
);
