// Inverting increasing functions that have no closed-form inverse: root finding unrolled in the graph, and the
// gradient of what it finds.

import {
  abs,
  add,
  div,
  equal,
  greater,
  lessOrEqual,
  maximum,
  minimum,
  mul,
  stopGradient,
  sub,
  type Tensor,
  where,
} from "../tensor/index.js";

/** An increasing function applied to each element, and its derivative there. */
export type MonotoneFunction = (x: Tensor) => { y: Tensor; derivative: Tensor };

export interface MonotoneInverseOptions {
  readonly forward: MonotoneFunction;
  /** The values to be reached. This, `low`, `high` and the result have one shape. */
  readonly y: Tensor;
  /** A bracket: forward(low) <= y <= forward(high). */
  readonly low: Tensor;
  readonly high: Tensor;
  /** Where to begin; the middle of the bracket if not given. */
  readonly start?: Tensor;
  /** How many steps. Newton doubles the right digits each; a bisection adds one bit. */
  readonly steps: number;
  /**
   * Whether Newton's step must also be at most half as long as the step before the last, as in Brent's method. Needed
   * where the function is neither convex nor concave: there Newton can go to and fro within the bracket for ever.
   */
  readonly halving?: boolean;
}

/**
 * The x with forward(x) = y, element by element.
 *
 * Every step evaluates the function once and shrinks the bracket; the next point is Newton's if it lies within,
 * the bracket's middle otherwise. The number of steps is fixed, so that the inverse is an expression like any other
 * and can be exported. First derivatives of the result are exact: see withImplicitGradient.
 *
 * @example
 * // x + x³ = y
 * const forward = (x: Tensor) => ({ y: add(x, pow(x, 3)), derivative: add(mul(3, mul(x, x)), 1) })
 * const x = invertMonotone({ forward, y, low: minimum(y, 0), high: maximum(y, 0), steps: 30 })
 */
export function invertMonotone({
  forward,
  y,
  low,
  high,
  start,
  steps,
  halving = false,
}: MonotoneInverseOptions): Tensor {
  const target = stopGradient(y);
  let from = stopGradient(low);
  let to = stopGradient(high);
  let x = start ? stopGradient(start) : middle(from, to);
  let lastMove = sub(to, from);
  let moveBefore = lastMove;
  // Smaller moves than this are not held against Newton: at the root they are rounding, and halve no more.
  const smallMove = mul(1e-6, lastMove);
  for (let step = 0; step < steps; step++) {
    const { y: reached, derivative } = forward(x);
    const isAbove = greater(reached, target);
    from = where(isAbove, from, x);
    to = where(isAbove, x, to);
    const newton = sub(x, div(sub(reached, target), derivative));
    // The bracket's ends count as within: once converged, x is one of them and must stay.
    const isWithin = equal(newton, minimum(maximum(newton, from), to));
    const halfway = middle(from, to);
    let next = where(isWithin, newton, halfway);
    if (halving) {
      const longest = maximum(mul(0.5, moveBefore), smallMove);
      next = where(lessOrEqual(abs(sub(newton, x)), longest), next, halfway);
      moveBefore = lastMove;
      lastMove = abs(sub(next, x));
    }
    x = next;
  }
  return withImplicitGradient(forward, x, y);
}

/**
 * Gives a root x* of forward(x) = y, found by whatever means, its gradient.
 *
 * One more Newton step from the root held constant, x = x* − (f(x*) − y) / f'(x*), does not move it, but its
 * derivatives are those of the implicit function theorem: dx/dy = 1 / f', dx/dθ = −(∂f/∂θ) / f'. First
 * derivatives are exact and cost one evaluation, however many steps the search took; second ones are not.
 */
export function withImplicitGradient(forward: MonotoneFunction, root: Tensor, y: Tensor): Tensor {
  const fixed = stopGradient(root);
  const { y: reached, derivative } = forward(fixed);
  return sub(fixed, div(sub(reached, y), stopGradient(derivative)));
}

function middle(low: Tensor, high: Tensor): Tensor {
  return mul(0.5, add(low, high));
}
