// A Gaussian whose densities and conditionals are known in closed form, to hold densities of incomplete rows to.

import type { Random } from "logdet";

/**
 * Standard normal columns, any two with correlation ρ ≥ 0: x_d = √ρ g + √(1 − ρ) e_d. Of a row in which k cells are known,
 *
 *   log p(known) = −½ (k log 2π + (k − 1) log(1 − ρ) + log(1 + (k − 1) ρ) + (Σx² − ρ (Σx)² / (1 + (k − 1) ρ)) / (1 − ρ))
 *   E[x_d | known] = ρ Σx / (1 + (k − 1) ρ),   Var[x_d | known] = 1 − k ρ² / (1 + (k − 1) ρ)
 *
 * In rows, NaN is missing.
 *
 * @param correlation ρ, in [0, 1)
 */
export class Equicorrelated {
  readonly dim: number;
  readonly correlation: number;

  constructor(dim: number, correlation: number) {
    this.dim = dim;
    this.correlation = correlation;
  }

  /** A row, [dim]. */
  draw(random: Random): Float64Array {
    const common = Math.sqrt(this.correlation) * random.normal();
    return Float64Array.from(
      { length: this.dim },
      () => common + Math.sqrt(1 - this.correlation) * random.normal(),
    );
  }

  /** Nats; 0 where nothing is known. */
  logDensity(row: Float64Array): number {
    const { known, sum, squares, spread } = this.#known(row);
    if (known === 0) return 0;
    const { correlation: r } = this;
    const logDet = (known - 1) * Math.log(1 - r) + Math.log(spread);
    return -0.5 * (known * Math.log(2 * Math.PI) + logDet + (squares - (r * sum * sum) / spread) / (1 - r));
  }

  /** Mean and variance of a missing cell, given the known ones: the same for every missing cell of the row. */
  conditional(row: Float64Array): { mean: number; variance: number } {
    const { known, sum, spread } = this.#known(row);
    const { correlation: r } = this;
    return { mean: (r * sum) / spread, variance: 1 - (known * r * r) / spread };
  }

  #known(row: Float64Array): { known: number; sum: number; squares: number; spread: number } {
    const cells = row.filter((value) => !Number.isNaN(value));
    const known = cells.length;
    return {
      known,
      sum: cells.reduce((total, value) => total + value, 0),
      squares: cells.reduce((total, value) => total + value * value, 0),
      spread: 1 + (known - 1) * this.correlation,
    };
  }
}

/** A copy of a row in which so many cells, drawn at random, are missing. */
export function withMissing(row: Float64Array, missing: number, random: Random): Float64Array {
  const copy = Float64Array.from(row);
  for (const d of random.permutation(row.length).slice(0, missing)) copy[d] = Number.NaN;
  return copy;
}
