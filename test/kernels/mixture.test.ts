// The mixture kernels against the same density in float64, and their gradients against its finite differences.
import { describe, expect, test } from "vitest";
import { instantiateKernels } from "../../src/kernels/index.js";
import { Random } from "../../src/random/index.js";

const memory = new WebAssembly.Memory({ initial: 16 });
const kernels = instantiateKernels(memory);
const guard = 12345;

type Numbers = ArrayLike<number>;
interface Parameters {
  dim: number;
  components: number;
  logits: Numbers;
  mean: Numbers;
  logScale: Numbers;
}

const logSumExp = (x: readonly number[]) => {
  const largest = Math.max(...x);
  return largest + Math.log(x.reduce((sum, value) => sum + Math.exp(value - largest), 0));
};

/** log Σ_k π_k N(z; μ_k, σ_k²) of one column. */
function columnLogDensity(
  { components, logits, mean, logScale }: Parameters,
  column: number,
  z: number,
): number {
  const own = Array.from({ length: components }, (_, k) => column * components + k);
  const normalizer = logSumExp(own.map((i) => logits[i]));
  return logSumExp(
    own.map((i) => {
      const distance = (z - mean[i]) / Math.exp(logScale[i]);
      return logits[i] - normalizer - logScale[i] - 0.5 * Math.log(2 * Math.PI) - 0.5 * distance ** 2;
    }),
  );
}

/** Central difference of `f` in element i of an array, in float64. */
function slope(x: Numbers, i: number, f: (moved: Float64Array) => number): number {
  const step = 1e-4 * (1 + Math.abs(x[i]));
  const at = (shift: number) => {
    const moved = Float64Array.from(x);
    moved[i] += shift;
    return f(moved);
  };
  return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
}

/** Everything the kernels touch, each array with guards around it. */
function place(rows: number, dim: number, components: number) {
  const whole = new Float32Array(memory.buffer).fill(guard);
  let at = 16;
  const array = (length: number) => {
    const from = at;
    at += length + 5;
    return whole.subarray(from, from + length);
  };
  const random = new Random(rows * 10_000 + dim * 10 + components);
  const normal = (length: number, size = 1) => random.fillNormal(array(length), size);
  const parameters = dim * components;
  return {
    rows,
    dim,
    components,
    z: normal(rows * dim, 2),
    logits: normal(parameters),
    mean: normal(parameters),
    logScale: normal(parameters, 0.3),
    upstream: normal(rows),
    logProb: array(rows),
    dz: array(rows * dim),
    dLogits: array(parameters),
    dMean: array(parameters),
    dLogScale: array(parameters),
    scratch: array(kernels.mixtureScratch(dim, components) / 4),
  };
}
type Placed = ReturnType<typeof place>;

const outputs = ["dz", "dLogits", "dMean", "dLogScale"] as const;

function forward(all: Placed): void {
  const { rows, dim, components, z, logits, mean, logScale, logProb, scratch } = all;
  const [zAt, logitsAt, meanAt, logScaleAt] = [z, logits, mean, logScale].map((x) => x.byteOffset);
  kernels.mixtureForward(
    rows,
    dim,
    components,
    zAt,
    logitsAt,
    meanAt,
    logScaleAt,
    logProb.byteOffset,
    scratch.byteOffset,
  );
}

function backward(all: Placed, wanted: readonly (typeof outputs)[number][] = outputs): void {
  const { rows, dim, components, z, logits, mean, logScale, upstream, scratch } = all;
  const [zAt, logitsAt, meanAt, logScaleAt, upstreamAt] = [z, logits, mean, logScale, upstream].map(
    (x) => x.byteOffset,
  );
  const [dz, dLogits, dMean, dLogScale] = outputs.map((name) =>
    wanted.includes(name) ? all[name].byteOffset : 0,
  );
  kernels.mixtureBackward(
    rows,
    dim,
    components,
    zAt,
    logitsAt,
    meanAt,
    logScaleAt,
    upstreamAt,
    dz,
    dLogits,
    dMean,
    dLogScale,
    scratch.byteOffset,
  );
}

function expectGuards(array: Float32Array): void {
  const around = new Float32Array(memory.buffer, array.byteOffset - 20, array.length + 10);
  for (let i = 0; i < 5; i++) expect([around[i], around[array.length + 5 + i]]).toEqual([guard, guard]);
}

/** `size`: of the terms that a sum is made of, to which rounding is proportional. */
function expectClose(actual: number, expected: number, size: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(4e-6 * (1 + size));
}

describe.each([1, 2, 3, 7])("with %i components", (components) => {
  test.each([1, 2, 3, 5, 8, 17, 33, 64])("the log-density of %i columns is that of float64", (dim) => {
    for (const rows of [1, 7, 65]) {
      const all = place(rows, dim, components);
      forward(all);
      for (let row = 0; row < rows; row++) {
        const columns = Array.from({ length: dim }, (_, d) => columnLogDensity(all, d, all.z[row * dim + d]));
        const expected = columns.reduce((sum, x) => sum + x, 0);
        expectClose(
          all.logProb[row],
          expected,
          columns.reduce((sum, x) => sum + Math.abs(x), 0),
        );
      }
      expectGuards(all.logProb);
      expectGuards(all.scratch);
    }
  });

  test.each([
    [1, 1],
    [7, 2],
    [7, 3],
    [300, 5],
    [64, 8],
    [65, 17],
    [1, 33],
  ])("the gradients of %i rows and %i columns are finite differences", (rows, dim) => {
    const all = place(rows, dim, components);
    backward(all);
    for (let d = 0; d < dim; d++) {
      let size = 0;
      for (let row = 0; row < rows; row++) {
        const i = row * dim + d;
        const expected = slope([all.z[i]], 0, ([z]) => all.upstream[row] * columnLogDensity(all, d, z));
        expectClose(all.dz[i], expected, Math.abs(expected));
        size += Math.abs(expected);
      }
      for (const [name, gradient] of [
        ["logits", all.dLogits],
        ["mean", all.dMean],
        ["logScale", all.dLogScale],
      ] as const)
        for (let i = d * components; i < (d + 1) * components; i++) {
          const expected = slope(all[name], i, (moved) => {
            let sum = 0;
            for (let row = 0; row < rows; row++)
              sum += all.upstream[row] * columnLogDensity({ ...all, [name]: moved }, d, all.z[row * dim + d]);
            return sum;
          });
          expectClose(gradient[i], expected, rows + 4 * size);
        }
    }
    for (const name of [...outputs, "scratch" as const]) expectGuards(all[name]);
  });
});

test("an output at address 0 is not wanted, and the others do not change for it", () => {
  const all = place(70, 6, 3);
  backward(all);
  const expected = outputs.map((name) => all[name].slice());
  for (const wanted of [["dz"], ["dLogits"], ["dMean"], ["dLogScale"], ["dz", "dMean"], []] as const) {
    const zero = new Float32Array(memory.buffer, 0, 4).slice();
    for (const name of outputs) all[name].fill(guard);
    backward(all, wanted);
    for (const [i, name] of outputs.entries())
      expect(all[name]).toEqual(
        (wanted as readonly string[]).includes(name) ? expected[i] : all[name].slice().fill(guard),
      );
    expect(new Float32Array(memory.buffer, 0, 4)).toEqual(zero);
  }
});

test("far from all components the density and its gradient are those of the nearest tail", () => {
  const all = place(4, 3, 3);
  all.z.fill(0);
  for (const [row, z] of [1e3, -1e3, 1e6, -1e6].entries()) all.z.fill(z, 3 * row, 3 * row + 3);
  all.upstream.fill(1);
  forward(all);
  backward(all);
  for (let row = 0; row < 4; row++) {
    let sum = 0;
    for (let d = 0; d < 3; d++) {
      const z = all.z[3 * row + d];
      sum += columnLogDensity(all, d, z);
      const expected = slope([z], 0, ([moved]) => columnLogDensity(all, d, moved));
      expect(all.dz[3 * row + d] / expected).toBeCloseTo(1, 4);
    }
    expect(all.logProb[row] / sum).toBeCloseTo(1, 5);
  }
  for (const name of ["dLogits", "dMean", "dLogScale"] as const)
    expect(all[name].every(Number.isFinite)).toBe(true);
});

test("an infinite element has density zero, and a bad row leaves the others alone", () => {
  const all = place(9, 5, 3);
  forward(all);
  const good = all.logProb.slice();
  all.z[2 * 5 + 1] = Number.POSITIVE_INFINITY;
  all.z[4 * 5 + 4] = Number.NaN;
  forward(all);
  for (let row = 0; row < 9; row++)
    expect(all.logProb[row]).toBe({ 2: Number.NEGATIVE_INFINITY, 4: Number.NaN }[row] ?? good[row]);
});

test("components that are far lighter or narrower than the others are not lost to rounding", () => {
  const all = place(1, 1, 3);
  all.logits.set([0, -60, -200]);
  all.mean.set([0, 40, 5]);
  all.logScale.set([0, -8, 3]);
  for (const z of [0, 5, 40, 40.001, 100]) {
    all.z[0] = z;
    forward(all);
    const expected = columnLogDensity(all, 0, all.z[0]);
    expectClose(all.logProb[0], expected, Math.abs(expected));
  }
});

test("one component has logits without a gradient, exactly", () => {
  const all = place(300, 5, 1);
  backward(all);
  expect([...all.dLogits].every((x) => x === 0)).toBe(true);
});

test("the density of a column integrates to one", () => {
  const rows = 4001;
  const all = place(rows, 1, 3);
  for (let row = 0; row < rows; row++) all.z[row] = -20 + row / 100;
  forward(all);
  expect(all.logProb.reduce((sum, x) => sum + Math.exp(x) / 100, 0)).toBeCloseTo(1, 5);
});
