// Markov chains whose rows are, in the long run, draws of a model given what is known of each.

import { slotProbabilities } from "../distributions/index.js";
import type { Random } from "../random/index.js";
import type { ConditionalSpace } from "./conditional-space.js";
import type { Target } from "./conditional-target.js";

/** Draws of the filler that a chain's row is compared with at a fresh look. */
const freshDraws = 7;
/** Slots of one category that a chain's own is compared with at a time; fewer are all tried. */
const mostSlots = 32;
/** An ellipse shrinks to a point within these many proposals. */
const mostShrinks = 40;

/** Rows that chains may move to. */
interface Proposals {
  /** Complete, row-major [n, width]. */
  readonly rows: Float32Array;
  /** What their unknown numbers are made of, [n, dim]; undefined where numbers stay as they are. */
  readonly noise?: Float64Array;
  /** log q(x_unknown | x_known). */
  readonly logFill: Float64Array;
  readonly logProb: Float64Array;
}

/** A proposal on an ellipse, and what is left of the ellipse. */
interface Slice {
  readonly chain: number;
  /** The log-likelihood to exceed. */
  readonly threshold: number;
  /** The ellipse's other axis, standard normals: [dim]. */
  readonly direction: Float64Array;
  angle: number;
  low: number;
  high: number;
}

/**
 * One chain a row, all moved at once. Unknown numbers are made of standard normals ε by the filler's conditional density
 * q(x_unknown | x_known), so that under the model
 *
 *   p(ε, e | x_known) ∝ N(ε; 0, I) · p(x, e) / q(x_unknown | x_known)
 *
 * A sweep moves the numbers by elliptical slice sampling, which takes the ratio for a likelihood and has nothing to tune,
 * then each unknown category by its exact conditional. A fresh look compares the row with independent draws, of categories
 * by their own distribution and of numbers by q, and takes one of them or itself by weight: so chains come from one group
 * of rows to another. Each of these moves leaves the conditional density as it is.
 *
 * Cost of a sweep, a chain: some 3 evaluations of the model for numbers, one for each category that could be in place of an
 * unknown one, and 7 for a fresh look.
 *
 * @see Murray, Adams and MacKay, "Elliptical slice sampling", AISTATS 2010
 * @see Samsonov et al., "Local-global MCMC kernels: the best of both worlds", NeurIPS 2022, for the fresh looks
 */
export class Chains {
  /** Where the chains are, row-major [count, width]. */
  readonly rows: Float32Array;
  /** Log-densities there, nats in standardised units. */
  readonly logProb: Float64Array;
  readonly #space: ConditionalSpace;
  /** One a chain. */
  readonly #targets: readonly Target[];
  readonly #random: Random;
  /** What the numbers are made of, [count, dim]: a row's first ones are those of its unknown numbers, in their order. */
  readonly #noise: Float64Array;
  /** log q(x_unknown | x_known). */
  readonly #logFill: Float64Array;
  /** Of every slot, its probability given a target's known categories; those that were asked for. */
  readonly #proposals = new Map<Target, Float64Array>();
  /** Chains with unknown numbers, and those with an unknown category in the block at a coordinate. */
  readonly #moving: readonly number[];
  readonly #choosing = new Map<number, number[]>();

  private constructor(space: ConditionalSpace, targets: readonly Target[], random: Random) {
    const { dim, width } = space.layout;
    this.#space = space;
    this.#targets = targets;
    this.#random = random;
    this.rows = new Float32Array(targets.length * width);
    this.logProb = new Float64Array(targets.length);
    this.#noise = new Float64Array(targets.length * dim);
    this.#logFill = new Float64Array(targets.length);
    this.#moving = targets.flatMap(({ numbers }, chain) => (numbers.length > 0 ? [chain] : []));
    for (const [chain, { categories }] of targets.entries())
      for (const { at } of categories) {
        const chains = this.#choosing.get(at);
        if (chains) chains.push(chain);
        else this.#choosing.set(at, [chain]);
      }
  }

  /**
   * @param targets one a chain
   * @param starts complete rows with what is known of the targets, row-major [count, width]
   * @throws LogdetError "model" if numbers are unknown and the model has no filler.
   */
  static async begin(
    space: ConditionalSpace,
    targets: readonly Target[],
    starts: Float32Array,
    random: Random,
  ): Promise<Chains> {
    const chains = new Chains(space, targets, random);
    const { rows } = chains;
    rows.set(starts);
    if (targets.some(({ numbers }) => numbers.length > 0)) {
      const { width } = space.layout;
      for (const [chain, { numbers }] of targets.entries())
        for (const d of numbers) rows[chain * width + d] = Number.NaN;
      chains.#noise.set(space.requireFiller().noiseOf(rows, starts, targets.length, width));
      chains.#logFill.set(chains.#fill(rows, chains.#noise));
    }
    chains.logProb.set(await space.logProb(rows));
    return chains;
  }

  /** Moves every chain. @param fresh whether to look at fresh draws, too */
  async sweep(fresh: boolean): Promise<void> {
    if (fresh) await this.#look();
    await this.#slice();
    for (const [at, chains] of this.#choosing) await this.#choose(at, chains);
  }

  /** Elliptical slice sampling of the unknown numbers. */
  async #slice(): Promise<void> {
    const { dim } = this.#space.layout;
    const random = this.#random;
    const slices = this.#moving.map((chain): Slice => {
      const angle = 2 * Math.PI * random.uniform();
      return {
        chain,
        threshold: this.logProb[chain] - this.#logFill[chain] + Math.log(1 - random.uniform()),
        direction: random.fillNormal(new Float64Array(dim)),
        ...{ angle, low: angle - 2 * Math.PI, high: angle },
      };
    });
    let open = slices;
    for (let round = 0; open.length > 0 && round < mostShrinks; round++) {
      const proposals = this.#withHoles(open.map(({ chain }) => chain));
      const noise = new Float64Array(open.length * dim);
      for (const [i, { chain, direction, angle }] of open.entries())
        for (let d = 0; d < dim; d++)
          noise[i * dim + d] =
            this.#noise[chain * dim + d] * Math.cos(angle) + direction[d] * Math.sin(angle);
      const logFill = this.#fill(proposals, noise);
      const logProb = await this.#space.logProb(proposals);
      open = open.filter((slice, i) => {
        if (logProb[i] - logFill[i] > slice.threshold) {
          this.#move(slice.chain, i, { rows: proposals, noise, logFill, logProb });
          return false;
        }
        if (slice.angle < 0) slice.low = slice.angle;
        else slice.high = slice.angle;
        slice.angle = slice.low + random.uniform() * (slice.high - slice.low);
        return true;
      });
    }
  }

  /** Compares each row with independent draws. */
  async #look(): Promise<void> {
    const { dim, width } = this.#space.layout;
    const random = this.#random;
    const chains = Array.from({ length: this.#targets.length * freshDraws }, (_, i) =>
      Math.floor(i / freshDraws),
    );
    const rows = this.#withHoles(chains);
    for (const [i, chain] of chains.entries()) {
      const target = this.#targets[chain];
      if (target.categories.length > 0) this.#space.categoriesOf(target)?.draw(rows, i * width + dim, random);
    }
    const noise = random.fillNormal(new Float64Array(chains.length * dim));
    const logFill = this.#fill(rows, noise);
    const logProb = await this.#space.logProb(rows);
    for (let chain = 0; chain < this.#targets.length; chain++) {
      const first = chain * freshDraws;
      const own = this.logProb[chain] - this.#logFill[chain] - this.#logCategories(this.rows, chain, chain);
      const logWeights = Array.from(
        { length: freshDraws },
        (_, k) => logProb[first + k] - logFill[first + k] - this.#logCategories(rows, first + k, chain),
      );
      const chosen = pick([...logWeights, own], random);
      if (chosen < freshDraws) this.#move(chain, first + chosen, { rows, noise, logFill, logProb });
    }
  }

  /** The unknown categories of one block, each by its conditional given the rest of the row. */
  async #choose(at: number, chains: readonly number[]): Promise<void> {
    const { width } = this.#space.layout;
    const options = chains.map((chain) => this.#slots(chain, at));
    const owners = options.flatMap(({ slots }, i) => slots.map(() => chains[i]));
    const rows = this.#copies(owners);
    let row = 0;
    for (const { slots, size } of options)
      for (const slot of slots) {
        rows.fill(0, row * width + at, row * width + at + size);
        rows[row++ * width + slot] = 1;
      }
    const logFill = Float64Array.from(owners, (chain) => this.#logFill[chain]);
    const logProb = await this.#space.logProb(rows);
    let first = 0;
    for (const [i, { slots, logProposed }] of options.entries()) {
      const logWeights = slots.map((_, k) => logProb[first + k] - logProposed[k]);
      const chosen = first + pick(logWeights, this.#random);
      this.#move(chains[i], chosen, { rows, logFill, logProb });
      first += slots.length;
    }
  }

  /** Slots that a chain's category may move to, its own among them, and the logarithms of what they were chosen with. */
  #slots(chain: number, at: number) {
    const { dim, width } = this.#space.layout;
    const target = this.#targets[chain];
    const { size } = target.categories.find((block) => block.at === at) ?? { size: 0 };
    const all = Array.from({ length: size }, (_, k) => at + k);
    if (size <= mostSlots || this.#space.classes === undefined)
      return { size, slots: all, logProposed: all.map(() => 0) };
    const proposed = this.#proposed(target).subarray(at - dim, at - dim + size);
    const logs = all.map((_, k) => Math.log(proposed[k]));
    const own = all.findIndex((slot) => this.rows[chain * width + slot] === 1);
    const places = [own, ...Array.from({ length: mostSlots - 1 }, () => pick(logs, this.#random))];
    return { size, slots: places.map((k) => all[k]), logProposed: places.map((k) => logs[k]) };
  }

  /** Of every slot, its probability given the known categories. */
  #proposed(target: Target): Float64Array {
    const { classes } = this.#space;
    const known = this.#proposals.get(target);
    if (known || classes === undefined) return known ?? new Float64Array(0);
    const probabilities = slotProbabilities(classes, target.allowed);
    this.#proposals.set(target, probabilities);
    return probabilities;
  }

  /** log p(e) of a row's categories, as far as it differs between rows of a chain. */
  #logCategories(rows: Float32Array, row: number, chain: number): number {
    const { dim, width } = this.#space.layout;
    const target = this.#targets[chain];
    if (target.categories.length === 0) return 0;
    return this.#space.categoriesOf(target)?.logProb(rows, row * width + dim) ?? 0;
  }

  /** The rows of some chains. */
  #copies(chains: readonly number[]): Float32Array {
    const { width } = this.#space.layout;
    const rows = new Float32Array(chains.length * width);
    for (const [i, chain] of chains.entries())
      rows.set(this.rows.subarray(chain * width, (chain + 1) * width), i * width);
    return rows;
  }

  /** The same, unknown numbers NaN. */
  #withHoles(chains: readonly number[]): Float32Array {
    const { width } = this.#space.layout;
    const rows = this.#copies(chains);
    for (const [i, chain] of chains.entries())
      for (const d of this.#targets[chain].numbers) rows[i * width + d] = Number.NaN;
    return rows;
  }

  /** Makes the NaN of rows of noise, [rows, dim]; the log-densities of what was made. */
  #fill(rows: Float32Array, noise: Float64Array): Float64Array {
    const { dim, width } = this.#space.layout;
    const { filler } = this.#space;
    const count = rows.length / width;
    if (filler === undefined) return new Float64Array(count);
    const unknown = Uint32Array.from({ length: count }, (_, row) => {
      let missing = 0;
      for (let d = 0; d < dim; d++) if (Number.isNaN(rows[row * width + d])) missing++;
      return missing;
    });
    let [row, next] = [0, 0];
    const normal = () => {
      for (; next === unknown[row]; row++) next = 0;
      return noise[row * dim + next++];
    };
    return filler.fill(rows, count, width, { normal });
  }

  /** Puts a chain where row i of some proposals is. */
  #move(chain: number, i: number, { rows, noise, logFill, logProb }: Proposals): void {
    const { dim, width } = this.#space.layout;
    this.rows.set(rows.subarray(i * width, (i + 1) * width), chain * width);
    if (noise) this.#noise.set(noise.subarray(i * dim, (i + 1) * dim), chain * dim);
    this.#logFill[chain] = logFill[i];
    this.logProb[chain] = logProb[i];
  }
}

/** A place by weight; the last if no weight is above 0. */
function pick(logWeights: readonly number[], random: Random): number {
  const largest = Math.max(...logWeights);
  if (!(largest > -Infinity)) return logWeights.length - 1;
  const weights = logWeights.map((value) => Math.exp(value - largest));
  let left = random.uniform() * weights.reduce((a, b) => a + b, 0);
  for (const [k, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return k;
  }
  return logWeights.length - 1;
}
