// The spline kernels against the spline's formulas in float64, and their gradients against finite differences of those.
import { describe, expect, test } from "vitest";
import { instantiateKernels } from "../../src/kernels/index.js";
import { Random } from "../../src/random/index.js";

const guard = -987654.25;

/** A memory with arrays one after another and guards between them. */
class Arena {
  readonly memory = new WebAssembly.Memory({ initial: 64 });
  readonly #guards: Float32Array[] = [];
  #end = 4;

  allocate(length: number, fill = 0): Float32Array {
    const before = new Float32Array(this.memory.buffer, this.#end, 8).fill(guard);
    const array = new Float32Array(this.memory.buffer, this.#end + 32, length).fill(fill);
    const after = new Float32Array(this.memory.buffer, this.#end + 32 + length * 4, 8).fill(guard);
    this.#end += 64 + length * 4;
    this.#guards.push(before, after);
    return array;
  }

  expectGuarded(): void {
    for (const words of this.#guards) expect(words.every((word) => word === guard)).toBe(true);
  }
}

/** One column's parameters in float64, in the order widths, heights, slopes. */
interface Column {
  raw: Float64Array;
  left: number;
  width: number;
  bottom: number;
  height: number;
}

const smallest = 1e-3;

function softmax(raw: Float64Array): Float64Array {
  const largest = Math.max(...raw);
  const exponentials = raw.map((x) => Math.exp(x - largest));
  const sum = exponentials.reduce((a, b) => a + b);
  return exponentials.map((x) => x / sum);
}

function knots(start: number, length: number, raw: Float64Array): Float64Array {
  const at = new Float64Array(raw.length + 1).fill(start);
  softmax(raw).forEach((share, k) => {
    at[k + 1] = at[k] + length * (share * (1 - raw.length * smallest) + smallest);
  });
  return at;
}

/** The curve with its parameters unpacked: knots and slopes. */
function curveOf({ raw, left, width, bottom, height }: Column) {
  const bins = (raw.length - 1) / 3;
  const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  return {
    x: knots(left, width, raw.subarray(0, bins)),
    y: knots(bottom, height, raw.subarray(bins, 2 * bins)),
    slope: raw.subarray(2 * bins).map((x) => softplus(x) + smallest),
  };
}

/** The curve at x and the logarithm of its slope there, by Durkan et al., eq. 4 and 5. */
function evaluate(
  { x: at, y, slope }: ReturnType<typeof curveOf>,
  x: number,
): { y: number; logSlope: number } {
  const bins = at.length - 1;
  if (x < at[0]) return { y: y[0] + slope[0] * (x - at[0]), logSlope: Math.log(slope[0]) };
  if (x > at[bins]) return { y: y[bins] + slope[bins] * (x - at[bins]), logSlope: Math.log(slope[bins]) };
  let k = 0;
  while (k < bins - 1 && x >= at[k + 1]) k++;
  const s = (y[k + 1] - y[k]) / (at[k + 1] - at[k]);
  const t = (x - at[k]) / (at[k + 1] - at[k]);
  const denominator = s + (slope[k + 1] + slope[k] - 2 * s) * t * (1 - t);
  const rise = ((y[k + 1] - y[k]) * (s * t * t + slope[k] * t * (1 - t))) / denominator;
  const numerator = s * s * (slope[k + 1] * t * t + 2 * s * t * (1 - t) + slope[k] * (1 - t) ** 2);
  return { y: y[k] + rise, logSlope: Math.log(numerator / denominator ** 2) };
}

type Values = Record<"y" | "logDet", Float32Array>;
type Gradients = Record<"dx" | "dWidths" | "dHeights" | "dSlopes", Float32Array>;

/** A random spline and values for it, laid out in the memory with guards around every array. */
function build(rows: number, dim: number, bins: number, spread = 1) {
  const random = new Random(rows * 10_000 + dim * 100 + bins);
  const arena = new Arena();
  const kernels = instantiateKernels(arena.memory);
  const normal = (length: number, scale = 1) => random.fillNormal(arena.allocate(length), scale);
  const between = (from: number, to: number) =>
    arena.allocate(dim).map(() => from + (to - from) * random.uniform());
  const place = (values: Float32Array) => {
    const array = arena.allocate(values.length);
    array.set(values);
    return array;
  };
  const widths = normal(dim * bins, spread);
  const heights = normal(dim * bins, spread);
  const slopes = normal(dim * (bins + 1), spread);
  const left = place(between(-4, -3));
  const width = place(between(6, 8));
  const bottom = place(between(-5, -2));
  const height = place(between(4, 9));
  const columns: Column[] = Array.from({ length: dim }, (_, d) => ({
    raw: Float64Array.of(
      ...widths.subarray(d * bins, (d + 1) * bins),
      ...heights.subarray(d * bins, (d + 1) * bins),
      ...slopes.subarray(d * (bins + 1), (d + 1) * (bins + 1)),
    ),
    left: left[d],
    width: width[d],
    bottom: bottom[d],
    height: height[d],
  }));
  const curves = columns.map(curveOf);
  const x = arena.allocate(rows * dim);
  // In every piece and beyond both ends, but not within rounding of a knot, where the slope's derivative jumps.
  for (let i = 0; i < x.length; i++) {
    const at = curves[i % dim].x;
    const piece = random.integer(bins + 2) - 1;
    const t = 0.02 + 0.96 * random.uniform();
    if (piece < 0) x[i] = at[0] - 3 * t;
    else if (piece === bins) x[i] = at[bins] + 3 * t;
    else x[i] = at[piece] + t * (at[piece + 1] - at[piece]);
  }
  const scratch = arena.allocate(kernels.splineScratch(dim, bins) / 4, Number.NaN).byteOffset;
  const [w, h, s] = [widths, heights, slopes].map((array) => array.byteOffset);
  const [l, wide, b, high] = [left, width, bottom, height].map((array) => array.byteOffset);
  return {
    ...{ rows, dim, bins, arena, columns, curves, x },
    upstreamY: normal(rows * dim),
    upstreamLogDet: normal(rows),
    /** Space for a map's results and for gradients. */
    values: (): Values => ({ y: arena.allocate(rows * dim, 7), logDet: arena.allocate(rows, 7) }),
    gradients: (): Gradients => ({
      dx: arena.allocate(rows * dim, 7),
      dWidths: arena.allocate(dim * bins, 7),
      dHeights: arena.allocate(dim * bins, 7),
      dSlopes: arena.allocate(dim * (bins + 1), 7),
    }),
    forward: (from: Float32Array, { y, logDet }: Partial<Values>) =>
      kernels.splineForward(
        ...([rows, dim, bins, from.byteOffset, w, h, s, l, wide, b, high] as const),
        ...([y?.byteOffset ?? 0, logDet?.byteOffset ?? 0, scratch] as const),
      ),
    inverse: (from: Float32Array, { y, logDet }: Partial<Values>) =>
      kernels.splineInverse(
        ...([rows, dim, bins, from.byteOffset, w, h, s, l, wide, b, high] as const),
        ...([y?.byteOffset ?? 0, logDet?.byteOffset ?? 0, scratch] as const),
      ),
    backward: (upstreamY: Float32Array | null, upstreamLogDet: Float32Array | null, to: Partial<Gradients>) =>
      kernels.splineBackward(
        ...([rows, dim, bins, x.byteOffset, w, h, s, l, wide, b, high] as const),
        ...([upstreamY?.byteOffset ?? 0, upstreamLogDet?.byteOffset ?? 0, to.dx?.byteOffset ?? 0] as const),
        ...([
          to.dWidths?.byteOffset ?? 0,
          to.dHeights?.byteOffset ?? 0,
          to.dSlopes?.byteOffset ?? 0,
        ] as const),
        scratch,
      ),
  };
}

type Problem = ReturnType<typeof build>;

/** Outputs, expected and got, agree within `tolerance` of the largest expected size, at least 1. */
function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const scale = Array.from(expected).reduce((largest, x) => Math.max(largest, Math.abs(x)), 1);
  for (let i = 0; i < got.length; i++)
    if (!(Math.abs(got[i] - expected[i]) <= tolerance * scale))
      expect.fail(`element ${i}: got ${got[i]}, expected ${expected[i]}`);
}

/** y and logDet by the formulas in float64. */
function expectedValues({ rows, dim, curves }: Problem, x: Float32Array) {
  const y = new Float64Array(x.length);
  const logDet = new Float64Array(rows);
  for (let i = 0; i < x.length; i++) {
    const point = evaluate(curves[i % dim], x[i]);
    y[i] = point.y;
    logDet[Math.floor(i / dim)] += point.logSlope;
  }
  return { y, logDet };
}

/** Gradients of Σ gy y + Σ gl logDet by central differences in float64. */
function expectedGradients(problem: Problem, gy: Float32Array | null, gl: Float32Array | null) {
  const { dim, bins, columns, curves, x } = problem;
  const step = 1e-6;
  const weigh = (point: ReturnType<typeof evaluate>, i: number) =>
    (gy ? gy[i] * point.y : 0) + (gl ? gl[Math.floor(i / dim)] * point.logSlope : 0);
  const slopeOf = (f: (move: number) => number) => (f(step) - f(-step)) / (2 * step);
  const ofColumn = columns.map((column, d) =>
    column.raw.map((_, p) =>
      slopeOf((move) => {
        const curve = curveOf({ ...column, raw: column.raw.with(p, column.raw[p] + move) });
        let sum = 0;
        for (let i = d; i < x.length; i += dim) sum += weigh(evaluate(curve, x[i]), i);
        return sum;
      }),
    ),
  );
  const part = (from: number, to: number) => ofColumn.flatMap((gradient) => [...gradient.subarray(from, to)]);
  return {
    dx: Float64Array.from(x, (value, i) =>
      slopeOf((move) => weigh(evaluate(curves[i % dim], value + move), i)),
    ),
    dWidths: part(0, bins),
    dHeights: part(bins, 2 * bins),
    dSlopes: part(2 * bins, 3 * bins + 1),
  };
}

function expectGradients(
  got: Gradients,
  expected: ReturnType<typeof expectedGradients>,
  tolerance = 1e-4,
): void {
  for (const name of ["dx", "dWidths", "dHeights", "dSlopes"] as const)
    expectClose(got[name], expected[name], tolerance);
}

// Lanes left empty and full, several blocks of rows and of columns, both ways to search.
const sizes: [rows: number, dim: number, bins: number][] = [
  [7, 1, 8],
  [300, 2, 3],
  [7, 3, 2],
  [1, 4, 8],
  [300, 5, 8],
  [1, 8, 20],
  [7, 17, 20],
  [300, 17, 3],
  [300, 70, 3],
  [7, 2, 128],
  [7, 3, 129],
  [1, 2, 512],
];

describe.each(sizes)("%i rows of %i splines with %i bins", (rows, dim, bins) => {
  const problem = build(rows, dim, bins);
  const values = problem.values();
  problem.forward(problem.x, values);
  // Where x is rounded by the same amount, the place within a piece is rounded by more the narrower the piece.
  const finer = Math.max(1, bins / 8);

  test("have the values and log-derivatives of the formulas", () => {
    const expected = expectedValues(problem, problem.x);
    expectClose(values.y, expected.y, 1e-5);
    expectClose(values.logDet, expected.logDet, 2e-5 * finer * Math.sqrt(dim));
    problem.arena.expectGuarded();
  });

  test("are undone by the inverse, log-derivatives cancelling", () => {
    const back = problem.values();
    problem.inverse(values.y, back);
    expectClose(back.y, problem.x, 1e-4);
    expectClose(
      back.logDet,
      values.logDet.map((x) => -x),
      1e-3,
    );
    problem.arena.expectGuarded();
  });

  test("have the gradients of finite differences", () => {
    const { upstreamY, upstreamLogDet } = problem;
    const gradients = problem.gradients();
    problem.backward(upstreamY, upstreamLogDet, gradients);
    expectGradients(gradients, expectedGradients(problem, upstreamY, upstreamLogDet), 2e-4 * finer);
    problem.arena.expectGuarded();
  });
});

test("a spline is right on its knots and far beyond them", () => {
  const problem = build(13, 3, 8);
  const { x, curves, dim } = problem;
  for (let i = 0; i < x.length; i++) {
    const at = curves[i % dim].x;
    x[i] = [...at, -1e4, 1e4, at[0] - 1e-3, at[8] + 1e-3][Math.floor(i / dim)];
  }
  const values = problem.values();
  const expected = expectedValues(problem, x);
  problem.forward(x, values);
  for (let i = 0; i < x.length; i++) expectClose([values.y[i]], [expected.y[i]], 1e-5);
  expectClose(values.logDet, expected.logDet, 1e-4);
  const back = problem.values();
  problem.inverse(values.y, back);
  for (let i = 0; i < x.length; i++) expectClose([back.y[i]], [x[i]], 1e-4);

  const gradients = problem.gradients();
  problem.backward(problem.upstreamY, null, gradients);
  expectGradients(gradients, expectedGradients(problem, problem.upstreamY, null));
});

test("an upstream gradient at address 0 counts as zeros", () => {
  const problem = build(7, 6, 8);
  const { upstreamY, upstreamLogDet } = problem;
  const gradients = problem.gradients();
  problem.backward(upstreamY, null, gradients);
  expectGradients(gradients, expectedGradients(problem, upstreamY, null));
  problem.backward(null, upstreamLogDet, gradients);
  expectGradients(gradients, expectedGradients(problem, null, upstreamLogDet));
  problem.backward(null, null, gradients);
  for (const gradient of Object.values(gradients)) expect(gradient.every((x) => x === 0)).toBe(true);
});

test("an output at address 0 is left out and changes nothing else", () => {
  const problem = build(300, 6, 8);
  const { x, upstreamY, upstreamLogDet } = problem;
  for (const map of [problem.forward, problem.inverse]) {
    const all = problem.values();
    map(x, all);
    for (const name of ["y", "logDet"] as const) {
      const one = problem.values();
      map(x, { [name]: one[name] });
      expect(one[name]).toEqual(all[name]);
    }
    map(x, {});
  }
  const all = problem.gradients();
  problem.backward(upstreamY, upstreamLogDet, all);
  for (const name of ["dx", "dWidths", "dHeights", "dSlopes"] as const) {
    const one = problem.gradients();
    problem.backward(upstreamY, upstreamLogDet, { [name]: one[name] });
    expect(one[name]).toEqual(all[name]);
  }
  problem.backward(upstreamY, upstreamLogDet, {});
  problem.arena.expectGuarded();
});

test.each([3, 4, 40])("dx may replace the upstream gradient of y, %i columns", (dim) => {
  const problem = build(7, dim, 8);
  const { upstreamY, upstreamLogDet } = problem;
  const apart = problem.gradients();
  const replacing = problem.gradients();
  problem.backward(upstreamY, upstreamLogDet, apart);
  replacing.dx.set(upstreamY);
  problem.backward(replacing.dx, upstreamLogDet, replacing);
  expect(replacing).toEqual(apart);
});

test("sums over many rows keep their digits", () => {
  const problem = build(20_000, 1, 2);
  const gradients = problem.gradients();
  problem.upstreamY.fill(1);
  problem.upstreamLogDet.fill(1);
  problem.backward(problem.upstreamY, problem.upstreamLogDet, gradients);
  const expected = expectedGradients(problem, problem.upstreamY, problem.upstreamLogDet);
  expectClose(gradients.dHeights, expected.dHeights, 1e-6);
  expectClose(gradients.dSlopes, expected.dSlopes, 1e-6);
});

test("extreme parameters give finite curves and finite gradients", () => {
  const problem = build(300, 5, 8, 30);
  const values = problem.values();
  problem.forward(problem.x, values);
  const expected = expectedValues(problem, problem.x);
  expectClose(values.y, expected.y, 1e-4);
  expectClose(values.logDet, expected.logDet, 1e-3);
  const gradients = problem.gradients();
  problem.backward(problem.upstreamY, problem.upstreamLogDet, gradients);
  for (const gradient of Object.values(gradients)) expect(gradient.every(Number.isFinite)).toBe(true);
});

test("NaN stays in its own element and row", () => {
  const problem = build(7, 6, 8);
  const clean = problem.values();
  for (const map of [problem.forward, problem.inverse]) {
    const values = problem.values();
    map(problem.x, clean);
    const broken = problem.arena.allocate(problem.x.length);
    broken.set(problem.x);
    broken[3 * 6 + 5] = Number.NaN;
    map(broken, values);
    expect([...values.y]).toEqual([...clean.y].map((y, i) => (i === 3 * 6 + 5 ? Number.NaN : y)));
    expect([...values.logDet]).toEqual([...clean.logDet].map((x, i) => (i === 3 ? Number.NaN : x)));
  }
});

test.each([1, 2, 3, 5])("a last row of %i columns at the end of the memory is all that is read", (dim) => {
  const problem = build(7, dim, 8);
  const { buffer } = problem.arena.memory;
  const last = new Float32Array(buffer, buffer.byteLength - problem.x.byteLength, problem.x.length);
  last.set(problem.x);
  const values = problem.values();
  // A load beyond the memory would throw.
  problem.forward(last, values);
  expectClose(values.y, expectedValues(problem, last).y, 1e-5);
});
