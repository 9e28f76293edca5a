// The targets of the lab path-gradients: energies whose normalising constant is known, and exact draws of them.

import type { EnergyFormula } from "../energy/index.js";
import type { Random } from "../random/index.js";
import {
  add,
  constant,
  logSumExp,
  matmul,
  mul,
  slice,
  sub,
  sum,
  type Tensor,
  transpose,
} from "../tensor/index.js";

export interface Target {
  readonly name: string;
  readonly energy: EnergyFormula;
  /** Logarithm of the normalising constant, nats. */
  readonly logZ: number;
  /** How far it reaches: where fits to the energy start from. */
  readonly scale: number;
  /** Half the width of a picture of it. */
  readonly extent: number;
  /** Draws, row-major [n, D]. */
  sample(n: number, random: Random): Float64Array;
}

/** Normals of one width around centres, row-major [K, dim], all equally likely: log Z = 0. */
function modes(
  name: string,
  dim: number,
  centres: readonly number[],
  variance: number,
  place: Pick<Target, "scale" | "extent">,
): Target {
  const count = centres.length / dim;
  // log p = log Σ_k exp(x·c_k/σ² − ½|c_k|²/σ²) − ½|x|²/σ² − log K − ½ D log(2π σ²)
  const towards = transpose(
    constant(
      centres.map((c) => c / variance),
      [count, dim],
    ),
  );
  const offsets = Float64Array.from({ length: count }, (_, k) => {
    const own = centres.slice(k * dim, (k + 1) * dim);
    const squared = own.reduce((total, c) => total + c * c, 0);
    return -0.5 * (squared / variance + dim * Math.log(2 * Math.PI * variance)) - Math.log(count);
  });
  return {
    name,
    energy: {
      dim,
      formula: (x) =>
        sub(mul(0.5 / variance, sum(mul(x, x), 1)), logSumExp(add(matmul(x, towards), constant(offsets)), 1)),
    },
    logZ: 0,
    ...place,
    sample(n, random) {
      const rows = new Float64Array(n * dim);
      for (let row = 0; row < n; row++) {
        const k = random.integer(count);
        for (let d = 0; d < dim; d++)
          rows[row * dim + d] = centres[k * dim + d] + Math.sqrt(variance) * random.normal();
      }
      return rows;
    },
  };
}

/** Eight modes on a circle, six standard deviations from one to the next. */
function circle(): Target {
  const [count, radius] = [8, 3];
  const angles = Array.from({ length: count }, (_, k) => (2 * Math.PI * k) / count);
  const centres = angles.flatMap((angle) => [radius * Math.cos(angle), radius * Math.sin(angle)]);
  return modes("8 modes", 2, centres, 0.16, { scale: 3, extent: 5 });
}

/** The corners of a cube in six dimensions, each mode as wide as in the paper. */
export function corners(): Target {
  const dim = 6;
  const centres = Array.from({ length: 2 ** dim * dim }, (_, i) =>
    (Math.floor(i / dim) >> (i % dim)) & 1 ? 1 : -1,
  );
  return modes(`${2 ** dim} modes`, dim, centres, 0.5, { scale: 1, extent: 4 });
}

/** Height of each well's barrier, and the strength of the springs between neighbours. */
const [barrier, spring] = [2, 1];

/**
 * Double wells in a row, neighbours joined by springs: E(x) = Σ 2 (x_i² − 1)² + Σ ½ (x_i − x_{i+1})².
 *
 * Z is a product of integral operators, one a coordinate, applied on a grid (the transfer matrix). Draws are made
 * coordinate by coordinate from the same grid, uniform within a cell of it.
 */
export function wells(count = 6): Target {
  const [cells, reach] = [600, 3];
  const width = (2 * reach) / cells;
  const at = (i: number) => -reach + (i + 0.5) * width;
  const own = Float64Array.from({ length: cells }, (_, i) => Math.exp(-barrier * (at(i) ** 2 - 1) ** 2));
  const bond = Float64Array.from({ length: cells }, (_, gap) => Math.exp(-0.5 * spring * (gap * width) ** 2));
  /** messages[k][i]: the integral over everything behind coordinate k, that being at cell i. */
  const messages = [new Float64Array(cells).fill(1)];
  for (let k = 1; k < count; k++) {
    const [next] = messages;
    messages.unshift(
      next.map((_, i) => {
        let total = 0;
        for (let j = 0; j < cells; j++) total += own[j] * next[j] * bond[Math.abs(i - j)] * width;
        return total;
      }),
    );
  }
  const mass = own.reduce((total, value, i) => total + value * messages[0][i] * width, 0);
  const chances = new Float64Array(cells);
  return {
    name: `${count} wells`,
    energy: { dim: count, formula: (x) => wellsEnergy(x, count) },
    logZ: Math.log(mass),
    scale: 1,
    extent: 2,
    sample(n, random) {
      const rows = new Float64Array(n * count);
      for (let row = 0; row < n; row++) {
        let before = -1;
        for (let k = 0; k < count; k++) {
          let total = 0;
          for (let i = 0; i < cells; i++) {
            const tied = before < 0 ? 1 : bond[Math.abs(i - before)];
            total += own[i] * messages[k][i] * tied;
            chances[i] = total;
          }
          const left = random.uniform() * total;
          before = chances.findIndex((upTo) => left < upTo);
          rows[row * count + k] = at(before) + (random.uniform() - 0.5) * width;
        }
      }
      return rows;
    },
  };
}

function wellsEnergy(x: Tensor, count: number): Tensor {
  const beyond = sub(mul(x, x), 1);
  const own = mul(barrier, sum(mul(beyond, beyond), 1));
  const gaps = sub(slice(x, 1, 1, count), slice(x, 1, 0, count - 1));
  return add(own, mul(0.5 * spring, sum(mul(gaps, gaps), 1)));
}

export const targets = (): readonly Target[] => [circle(), corners(), wells()];
