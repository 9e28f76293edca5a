// The densities in the plane that papers on flows draw: exact samplers, and the log-density that they are draws of.

import type { Random } from "../random/index.js";

/** A density in the plane. */
export interface ToyDensity {
  readonly name: string;
  /** The square that is drawn, |x| and |y| up to this. */
  readonly extent: number;
  /** Standard deviation of the normal noise that blurs the shape. */
  readonly noise: number;
  /** The same shape, blurred so much. */
  withNoise(noise: number): ToyDensity;
  /** n independent rows, row-major [n, 2]. */
  sample(n: number, random: Random): Float64Array;
  /** Log-density in nats at (x, y). */
  logProb(x: number, y: number): number;
}

/** Where on a curve t in [0, 1) is. */
type Curve = (t: number) => readonly [x: number, y: number];

/** A curve that is drawn with some weight. */
type Part = readonly [weight: number, curve: Curve];

/** Points on a curve that stand for all of it: their distance stays below the noise. */
const nodes = 600;

/**
 * Curves drawn with a soft brush: t is uniform on a curve chosen by weight, and normal noise is added to both
 * coordinates,
 *
 *   p(x) = Σ_k w_k ∫ N(x; c_k(t), σ² I) dt
 *
 * The integral is a sum over the middles of 600 equal intervals of t: for these curves exact to 0.005 nats wherever there
 * are rows, since the points lie closer than σ.
 *
 * @param noise σ
 */
function curves(
  name: string,
  { extent, noise, parts }: { extent: number; noise: number; parts: readonly Part[] },
): ToyDensity {
  const total = parts.reduce((sum, [weight]) => sum + weight, 0);
  const brush = parts.flatMap(([, curve]) =>
    Array.from({ length: nodes }, (_, i) => curve((i + 0.5) / nodes)),
  );
  const brushX = Float64Array.from(brush, ([x]) => x);
  const brushY = Float64Array.from(brush, ([, y]) => y);
  const weights = Float64Array.from(brush, (_, i) => parts[Math.floor(i / nodes)][0] / total / nodes);
  const squares = new Float64Array(brush.length);
  const normaliser = -Math.log(2 * Math.PI * noise ** 2);
  return {
    name,
    extent,
    noise,
    withNoise: (other) => curves(name, { extent, noise: other, parts }),
    sample(n, random) {
      const rows = random.fillNormal(new Float64Array(2 * n), noise);
      for (let i = 0; i < n; i++) {
        const [x, y] = choose(parts, total * random.uniform())(random.uniform());
        rows[2 * i] += x;
        rows[2 * i + 1] += y;
      }
      return rows;
    },
    logProb(x, y) {
      // Relative to the nearest point, or far away every term would be zero.
      let nearest = Number.POSITIVE_INFINITY;
      for (let i = 0; i < squares.length; i++) {
        squares[i] = ((x - brushX[i]) ** 2 + (y - brushY[i]) ** 2) / (2 * noise ** 2);
        nearest = Math.min(nearest, squares[i]);
      }
      let sum = 0;
      for (let i = 0; i < squares.length; i++)
        // What is left out is below 1e-17 of the nearest point's share.
        if (squares[i] - nearest < 40) sum += weights[i] * Math.exp(nearest - squares[i]);
      return normaliser - nearest + Math.log(sum);
    },
  };
}

function choose(parts: readonly Part[], at: number): Curve {
  let reached = 0;
  for (const [weight, curve] of parts) {
    reached += weight;
    if (at < reached) return curve;
  }
  return parts[parts.length - 1][1];
}

/** An arc around (x, y) from one angle to another, in turns. */
const arc =
  (x: number, y: number, radius: number, from: number, to: number): Curve =>
  (t) => {
    const angle = 2 * Math.PI * (from + (to - from) * t);
    return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
  };

const point =
  (x: number, y: number): Curve =>
  () => [x, y];

/** A spiral of a turn and a half; √t, so that rows lie as densely outside as inside. */
const spiral =
  (sign: number): Curve =>
  (t) => {
    const angle = 3 * Math.PI * Math.sqrt(t);
    return [(-sign * angle * Math.cos(angle)) / 3, (sign * angle * Math.sin(angle)) / 3];
  };

/** Arm k of five, from near the centre outwards, turning the more the farther out. */
const arm =
  (k: number): Curve =>
  (t) => {
    const radius = 0.5 + 3.1 * t;
    const angle = (2 * Math.PI * k) / 5 + Math.exp(radius / 2) / 4;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  };

/** Eight of the sixteen squares of [−4, 4]²: equally likely everywhere on them and, without noise, impossible elsewhere. */
function checkerboard(noise: number): ToyDensity {
  return {
    name: "checkerboard",
    extent: 4.6,
    noise,
    withNoise: checkerboard,
    sample(n, random) {
      const rows = new Float64Array(2 * n);
      for (let i = 0; i < n; i++) {
        const row = random.integer(4);
        const column = 2 * random.integer(2) + (row % 2);
        rows[2 * i] = 2 * (column + random.uniform()) - 4;
        rows[2 * i + 1] = 2 * (row + random.uniform()) - 4;
      }
      if (noise > 0) {
        const added = random.fillNormal(new Float64Array(2 * n), noise);
        for (let i = 0; i < rows.length; i++) rows[i] += added[i];
      }
      return rows;
    },
    logProb(x, y) {
      if (noise > 0) return blurredSquares(x, y, noise);
      const [column, row] = [Math.floor((x + 4) / 2), Math.floor((y + 4) / 2)];
      const inside = Math.min(column, row) >= 0 && Math.max(column, row) < 4;
      return inside && (column + row) % 2 === 0 ? -Math.log(32) : Number.NEGATIVE_INFINITY;
    },
  };
}

/** A square is uniform in x and in y apart, so that each is blurred by itself. */
function blurredSquares(x: number, y: number, noise: number): number {
  const along = (value: number) => [-4, -2, 0, 2].map((from) => blurredInterval(value, from, noise));
  const [columns, rows] = [along(x), along(y)];
  const terms = columns.flatMap((column, i) =>
    rows.filter((_, j) => (i + j) % 2 === 0).map((row) => column + row),
  );
  return logMeanExp(Float64Array.from(terms));
}

/** Log-density of a uniform number in [from, from + 2] plus noise: a sum over the middles of 200 equal pieces. */
function blurredInterval(value: number, from: number, noise: number): number {
  const exponents = Float64Array.from(
    { length: 200 },
    (_, i) => -((value - from - (i + 0.5) / 100) ** 2) / (2 * noise ** 2),
  );
  return logMeanExp(exponents) - Math.log(2 * Math.PI * noise ** 2) / 2;
}

/** log of the mean of exp: relative to the largest, or far away every term would be zero. */
function logMeanExp(values: Float64Array): number {
  const largest = values.reduce((a, b) => Math.max(a, b));
  return (
    largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0) / values.length)
  );
}

/**
 * Sine, moons, smile, two spirals, checkerboard, rings, trimodal, pinwheel, eight Gaussians.
 *
 * @see Gresele et al., NeurIPS 2020, and Grathwohl et al., "FFJORD", ICLR 2019, for pictures of such densities
 */
export const toyDensities: readonly ToyDensity[] = [
  curves("sine", {
    extent: 5,
    noise: 0.25,
    parts: [[1, (t) => [8 * t - 4, 2 * Math.sin((Math.PI * (8 * t - 4)) / 2)]]],
  }),
  curves("moons", {
    extent: 3.8,
    noise: 0.2,
    parts: [
      [1, arc(-1, -0.5, 2, 0, 0.5)],
      [1, arc(1, 0.5, 2, 0.5, 1)],
    ],
  }),
  curves("smile", {
    extent: 3.6,
    noise: 0.25,
    parts: [
      [3, arc(0, 0, 2.5, 0.58, 0.92)],
      [1, point(-1.1, 1.2)],
      [1, point(1.1, 1.2)],
    ],
  }),
  curves("two spirals", {
    extent: 4.2,
    noise: 0.15,
    parts: [
      [1, spiral(1)],
      [1, spiral(-1)],
    ],
  }),
  checkerboard(0),
  curves("rings", {
    extent: 4.4,
    noise: 0.15,
    parts: [1, 2, 3].map((ring) => [ring, arc(0, 0, 1.2 * ring, 0, 1)] as const),
  }),
  curves("trimodal", {
    extent: 3.6,
    noise: 0.5,
    parts: [
      [1, point(0, 2)],
      [1, point(-1.7, -1)],
      [1, point(1.7, -1)],
    ],
  }),
  curves("pinwheel", { extent: 4.4, noise: 0.2, parts: [0, 1, 2, 3, 4].map((k) => [1, arm(k)] as const) }),
  curves("eight Gaussians", {
    extent: 4.4,
    noise: 0.35,
    parts: Array.from({ length: 8 }, (_, k) => {
      const angle = (Math.PI * k) / 4;
      return [1, point(2.8 * Math.cos(angle), 2.8 * Math.sin(angle))] as const;
    }),
  }),
];
