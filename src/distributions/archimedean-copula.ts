// Archimedean copulas for any number of columns: pairs of columns are joined, then pairs of pairs, up to one.

import {
  add,
  concat,
  fullLike,
  greaterOrEqual,
  log,
  type Parameter,
  parameter,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  where,
} from "../tensor/index.js";
import { type CopulaOptions, copulaBase } from "./copula.js";
import type { Distribution } from "./distribution.js";

/**
 * A family of Archimedean copulas of two columns, C(u, v) = φ^{-1}(φ(u) + φ(v)), element by element.
 *
 * Probabilities are carried in a coordinate of the family's own, in which its formulas lose nothing. K is Kendall's
 * distribution function of the pair: K(C(u, v)) is uniform, which makes it a column again.
 */
export interface ArchimedeanFamily {
  /** As in configurations: "gumbel-copula". */
  readonly type: string;
  /** The raw parameter of the family's dependence θ to begin with. */
  readonly start: number;
  fromLogit(logit: Tensor): Tensor;
  toLogit(coordinate: Tensor): Tensor;
  /** log c(u, v) in nats, and the coordinate of K(C(u, v)). */
  join(u: Tensor, v: Tensor, raw: Tensor): { logDensity: Tensor; joint: Tensor };
  /** The inverse of `join`: the u and v with that K(C(u, v)), and φ(u) : φ(v) = share : 1 − share. */
  split(joint: Tensor, share: Tensor, raw: Tensor): [Tensor, Tensor];
}

/**
 * The base of an Archimedean family over a balanced tree: neighbouring columns are joined by a copula of the family,
 * the joint column K(C(u, v)) of each pair with its neighbour's, and so on; an odd column waits for the next round.
 *
 *   log c(u) = Σ over the D − 1 joints of log c_θ(left, right)
 *
 * The density is exact for every D and needs no order among the θ, and a draw is exact: Kendall's K(C) and the share
 * φ(u) / (φ(u) + φ(v)) are independent and uniform. (The density of copulas nested without K needs D-fold
 * derivatives of nested generators, sums of alternating signs that floats cannot carry beyond a few columns. With K,
 * two columns of different pairs depend through their pairs only.)
 *
 * Parameter `rawDependence`, [D − 1]: raw θ of the joints, from the leaves up. Draws take D uniforms a row. Cost: O(D)
 * a row, in log2 D rounds.
 *
 * @see Brechmann, "Hierarchical Kendall copulas: properties and inference", Canadian Journal of Statistics 42, 2014
 * @see Genest and Rivest, "Statistical inference procedures for bivariate Archimedean copulas", JASA 88, 1993
 */
export function archimedeanCopula(family: ArchimedeanFamily, options: CopulaOptions): Distribution {
  const { dim } = options;
  const joints = dim - 1;
  const parameters: Record<string, Parameter> =
    joints === 0 ? {} : { rawDependence: parameter([joints], new Float64Array(joints).fill(family.start)) };

  /** Numbers of columns by round: dim, …, 3, 2, 1. */
  const widths = [dim];
  while (widths[0] > 1) widths.unshift(Math.ceil(widths[0] / 2));
  widths.reverse();

  return copulaBase(
    {
      parameters,
      logDensity(logit) {
        let columns = family.fromLogit(logit);
        let total = fullLike(sum(columns, 1), 0);
        let done = 0;
        for (const width of widths.slice(0, -1)) {
          const pairs = Math.floor(width / 2);
          const raw = slice(parameters.rawDependence, 0, done, done + pairs);
          const [left, right] = unzip(slice(columns, 1, 0, 2 * pairs), pairs);
          const { logDensity, joint } = family.join(left, right, raw);
          total = add(total, sum(logDensity, 1));
          columns = 2 * pairs < width ? concat([joint, slice(columns, 1, 2 * pairs)], 1) : joint;
          done += pairs;
        }
        return total;
      },
      noise: { uniform: dim, normal: 0 },
      sample({ uniform }) {
        // The first uniform is the whole tree's K(C), the others are shares, from the leaves up.
        const noise = uniform as Tensor;
        const first = slice(noise, 1, 0, 1);
        let columns = family.fromLogit(sub(log(first), log(sub(1, first))));
        let left = joints;
        for (const width of widths.slice(0, -1).reverse()) {
          const pairs = Math.floor(width / 2);
          left -= pairs;
          const raw = slice(parameters.rawDependence, 0, left, left + pairs);
          const share = slice(noise, 1, 1 + left, 1 + left + pairs);
          const parts = family.split(slice(columns, 1, 0, pairs), share, raw);
          const wide = zip(parts, pairs);
          columns = 2 * pairs < width ? concat([wide, slice(columns, 1, pairs)], 1) : wide;
        }
        return family.toLogit(columns);
      },
    },
    options,
    { type: family.type },
  );
}

/** [batch, 2n] -> its even and its odd columns. */
function unzip(columns: Tensor, pairs: number): [Tensor, Tensor] {
  const paired = reshape(columns, ["batch", pairs, 2]);
  const side = (k: number) => reshape(slice(paired, 2, k, k + 1), ["batch", pairs]);
  return [side(0), side(1)];
}

/** The inverse of unzip. */
function zip(sides: readonly Tensor[], pairs: number): Tensor {
  const columns = sides.map((side) => reshape(side, ["batch", pairs, 1]));
  return reshape(concat(columns, 2), ["batch", 2 * pairs]);
}

/** The larger and the smaller of two, by one comparison: at a tie the gradient goes one way in both. */
export function ordered(a: Tensor, b: Tensor): { high: Tensor; low: Tensor } {
  const isFirst = greaterOrEqual(a, b);
  return { high: where(isFirst, a, b), low: where(isFirst, b, a) };
}
