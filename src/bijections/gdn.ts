// Generalised divisive normalisation: each column divided by a power of what all columns weigh together.

import { LogdetError } from "../errors.js";
import {
  abs,
  add,
  div,
  exp,
  fullLike,
  identity,
  inverseEach,
  lessOrEqual,
  log,
  logAbsDetEach,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  parameter,
  pow,
  reshape,
  sigmoid,
  sign,
  softplus,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  transpose,
  where,
} from "../tensor/index.js";
import type { Bijection } from "./bijection.js";
import { rawPositive } from "./raw-positive.js";

export interface GdnOptions {
  /** Number of columns, D. */
  dim: number;
  /** The exponent of what is pooled, α >= 1. */
  alpha?: number;
  /** The exponent of the pool, ε, with 0 < αε <= 1; "learned": one a column, with αε anywhere between 0 and 1. */
  epsilon?: number | "learned";
  /** How the inverse is found. Default: "newton". */
  inverse?: GdnInverse;
}

/** Few steps with a factorisation of [D, D] for every row, or many of one product for all rows. */
export type GdnInverse = keyof typeof steps;

/** The pool is never smaller. */
const smallestBeta = 1e-6;
/** Where β, the diagonal of γ and the sum of a row beside it start: a tame divisor where columns are standard. */
const [firstBeta, firstOwn, firstOthers] = [1, 0.1, 0.1];
/**
 * Steps of the inverse. Newton's: seven were enough for random pools and |y| up to 10 at αε = 0.9, |x| up to 3e8. The
 * fixed point's: where each leaves nine tenths of the error, all leave less than 3 parts in 100,000.
 */
const steps = { newton: 10, "fixed-point": 100 } as const;
/** Logarithms of the smallest |y| and the largest |x|^α that the inverse tells from others; sums still fit float32. */
const [smallestLog, largestPower] = [Math.log(1e-16), Math.log(1e32)];
/** The inverse keeps the rows of A from adding up to more, or rounding might make I − A singular. */
const largestSum = 1 - 1e-5;
/** The relative error of |y| at which the inverse counts as found. */
const found = 1e-4;

/**
 * Generalised divisive normalisation (GDN).
 *
 *   y_i = x_i / n_i^ε_i,   n_i = β_i + Σ_j γ_ij |x_j|^α,   β > 0, γ >= 0
 *   log|det dy/dx| = −Σ_i ε_i log n_i + log det(I − A),   A_ik = α ε_i γ_ik |x_k|^α / n_i
 *
 * x, y: [batch, D]; logDet: [batch], nats. The Jacobian is dense: a factorisation of [D, D] for every row, on the host,
 * O(batch · D³). β = 10⁻⁶ + softplus(`rawBeta`), [D]; γ = softplus(`rawGamma`), [D, D], by rows; α is fixed, and ε
 * is, or is sigmoid(`rawEpsilon`) / α, [D].
 *
 * It pays to put a dense layer in front: the pool does not turn.
 *
 * I − A is what diag(x)⁻¹ (diag(n^ε) dy/dx) diag(x) is. The rows of A are positive and sum to αε (1 − β/n) < 1, so it is
 * diagonally dominant: the determinant is positive for every x and every parameter, and nothing needs a sign or a
 * guard. With αε < 1 also |y| → ∞ as |x| → ∞, and the map is one of ℝᴰ onto itself. **With αε = 1** (α = 2, ε = ½) the
 * image is bounded, |y_i| < γ_ii^−ε: a normal base loses the mass outside it, so that the density integrates to
 * less than one, and drawn rows that fall there have no x.
 *
 * The inverse is found in u = log|x|, where u − ε log n(e^u) = log|y|, from u = log|y| + ε log β on, which is below it.
 *
 * - "newton", 10 steps: the equation is concave, with the Jacobian I − A whose inverse is positive, so that all steps
 *   but the first rise to the solution. Each factorises [D, D] for every row.
 * - "fixed-point", the paper's |x| ← |y| n(|x|)^ε, 100 steps of O(D²) a row: every one rises, and leaves at most the
 *   share αε (1 − β/n) of the largest error in u, n at the solution. Enough for αε up to about 0.9, and ten times as
 *   fast.
 *
 * One Newton step in x ends either, so that the first derivatives are exact. A row is NaN where there is no solution,
 * none with |x|^α up to 1e32, or none to 1e-4 of |y| after the steps.
 *
 * @throws LogdetError "usage" if alpha is less than 1, alpha · epsilon not in (0, 1], or no such inverse known
 * @see Ballé, Laparra and Simoncelli, "Density modeling of images using a generalized normalization transformation", ICLR
 * 2016
 * @example const body = chain([linear({ dim: 8 }), gdn({ dim: 8 })])
 */
export function gdn({ dim, alpha = 2, epsilon = "learned", inverse = "newton" }: GdnOptions): Bijection {
  if (!(alpha >= 1 && alpha < Infinity))
    throw new LogdetError("usage", `GDN: alpha must be at least 1, got ${alpha}`);
  if (epsilon !== "learned" && !(epsilon > 0 && alpha * epsilon <= 1))
    throw new LogdetError(
      "usage",
      `GDN: epsilon must lie above 0 and up to 1/alpha = ${1 / alpha}, got ${epsilon}`,
      {
        hint: "Beyond, two rows have one image.",
      },
    );
  if (!Object.hasOwn(steps, inverse))
    throw new LogdetError("usage", `GDN: there is no inverse ${JSON.stringify(inverse)}`, {
      hint: `Known: ${Object.keys(steps).join(", ")}.`,
    });
  const rawBeta = parameter([dim], Array<number>(dim).fill(rawPositive(firstBeta - smallestBeta)));
  const others = rawPositive(firstOthers / Math.max(dim - 1, 1));
  const rawGamma = parameter(
    [dim, dim],
    Float64Array.from({ length: dim * dim }, (_, i) =>
      i % (dim + 1) === 0 ? rawPositive(firstOwn) : others,
    ),
  );
  const rawEpsilon = epsilon === "learned" ? parameter([dim], new Float64Array(dim)) : undefined;

  const beta = add(softplus(rawBeta), smallestBeta);
  const gamma = softplus(rawGamma);
  const power = rawEpsilon ? div(sigmoid(rawEpsilon), alpha) : fullLike(beta, epsilon as number);
  /** α ε_i γ_ik */
  const weights = mul(reshape(mul(alpha, power), [dim, 1]), gamma);

  const row = (x: Tensor) => reshape(x, ["batch", 1, dim]);
  const column = (x: Tensor) => reshape(x, ["batch", dim, 1]);
  const timesEach = (matrices: Tensor, x: Tensor) => sum(mul(matrices, row(x)), 2);

  /** n of |x|^α, [batch, D] both. */
  const pool = (powers: Tensor) => add(beta, matmul(powers, transpose(gamma)));
  const powersOf = (x: Tensor) => (alpha === 2 ? mul(x, x) : pow(abs(x), alpha));
  /** I − A, [batch, D, D]; the rows of A times `factor`. */
  const core = (powers: Tensor, pooled: Tensor, factor: TensorLike = 1) =>
    sub(identity(dim), mul(div(factor, column(pooled)), mul(weights, row(powers))));

  /** What the rows of A are multiplied by in the inverse: 1, or a little less where their sum is 1 but for rounding. */
  const taming = (pooled: Tensor) =>
    column(minimum(1, div(largestSum, mul(mul(alpha, power), sub(1, div(beta, pooled))))));

  const forward = (x: Tensor) => {
    const powers = powersOf(x);
    const pooled = pool(powers);
    const logPool = mul(power, log(pooled));
    return {
      y: mul(x, exp(neg(logPool))),
      logDet: sub(logAbsDetEach(core(powers, pooled)), sum(logPool, 1)),
    };
  };

  const largestLog = largestPower / alpha;
  /** log|x|, [batch, D], and which rows are solutions, [batch, 1]. */
  const solve = (y: Tensor) => {
    const target = maximum(log(abs(y)), smallestLog);
    /** log|x| of the |x| that a pool and |y| make. */
    const next = (pooled: Tensor) => add(target, mul(power, log(pooled)));
    const newton = (u: Tensor) => {
      const powers = exp(mul(alpha, u));
      const pooled = pool(powers);
      return sub(u, timesEach(inverseEach(core(powers, pooled, taming(pooled))), sub(u, next(pooled))));
    };
    const fixedPoint = (u: Tensor) => next(pool(exp(mul(alpha, u))));
    const improve = inverse === "newton" ? newton : fixedPoint;
    let u = minimum(next(beta), largestLog);
    for (let step = 0; step < steps[inverse]; step++) u = minimum(improve(u), largestLog);
    const misses = where(lessOrEqual(abs(sub(u, fixedPoint(u))), found), 0, 1);
    return { u, solved: lessOrEqual(sum(misses, 1, { keep: true }), 0) };
  };

  /** One more Newton step, in x, from a root held constant: it moves little, but has the implicit gradient. */
  const withGradient = (root: Tensor, y: Tensor): Tensor => {
    const slope = alpha === 2 ? root : mul(sign(root), pow(abs(root), alpha - 1));
    const pooled = pool(powersOf(root));
    const perRow = mul(taming(pooled), div(column(root), column(pooled)));
    const cross = mul(perRow, mul(weights, row(slope)));
    const slopes = stopGradient(inverseEach(stopGradient(sub(identity(dim), cross))));
    const divisor = stopGradient(exp(mul(power, log(pooled))));
    return sub(root, timesEach(slopes, mul(divisor, sub(forward(root).y, y))));
  };

  return {
    dim,
    parameters: { rawBeta, rawGamma, ...(rawEpsilon && { rawEpsilon }) },
    forward,
    inverse(y) {
      const { u, solved } = solve(stopGradient(y));
      const root = stopGradient(where(solved, mul(sign(y), exp(u)), 0));
      const x = where(stopGradient(solved), withGradient(root, y), Number.NaN);
      return { x, logDet: neg(forward(x).logDet) };
    },
    config: () => ({ type: "gdn", dim, alpha, epsilon, inverse }),
  };
}
