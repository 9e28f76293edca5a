// Every random number in logdet comes from here: a seeded generator whose whole state is a few numbers that
// can be saved and restored, and which can be split by name so that one consumer never disturbs another.

import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** What must be kept to go on with the same numbers later. Plain JSON. */
export interface RandomState {
  readonly seed: number;
  readonly generator: readonly number[];
}

/**
 * A seeded stream of random numbers (xoroshiro128+, 2^128 − 1 long).
 *
 * @example
 * const random = new Random(1)
 * random.uniform()                 // in [0, 1)
 * random.split("shuffle").permutation(10)
 */
export class Random {
  readonly seed: number;
  #generator: RandomGenerator;

  constructor(seed: number) {
    this.seed = seed | 0;
    this.#generator = xoroshiro128plusFromState(scrambled(this.seed));
  }

  /** Restores a stream where `state()` left it. */
  static from(state: RandomState): Random {
    const random = new Random(state.seed);
    random.#generator = xoroshiro128plusFromState(state.generator);
    return random;
  }

  state(): RandomState {
    return { seed: this.seed, generator: this.#generator.getState() };
  }

  /**
   * An independent stream that depends on this stream's seed and on `name` alone, not on how many numbers were
   * drawn: adding a consumer leaves every other consumer's numbers as they were.
   */
  split(name: string): Random {
    // FNV-1a over the name, stirred with the seed.
    let hash = 0x811c9dc5 ^ this.seed;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    return new Random(hash ^ (hash >>> 13));
  }

  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** Uniform integer in [0, limit). */
  integer(limit: number): number {
    return Math.floor(this.uniform() * limit);
  }

  /** Standard normal, by the Box-Muller transform (two uniforms a number, so that the state holds no spare). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fills `out` with uniforms in the open interval (0, 1): safe to take a logarithm of. */
  fillUniform<T extends Float32Array | Float64Array>(out: T): T {
    // Odd multiples of 2^-24 for float32 (never 0, never rounded to 1), of 2^-33 for float64.
    const generator = this.#generator;
    if (out instanceof Float32Array)
      for (let i = 0; i < out.length; i++) out[i] = ((generator.next() >>> 9) + 0.5) * 2 ** -23;
    else for (let i = 0; i < out.length; i++) out[i] = ((generator.next() >>> 0) + 0.5) * 2 ** -32;
    return out;
  }

  /** Fills `out` with standard normals times `scale`. Both halves of each Box-Muller pair are used. */
  fillNormal<T extends Float32Array | Float64Array>(out: T, scale = 1): T {
    const generator = this.#generator;
    for (let i = 0; i < out.length; i += 2) {
      const radius = scale * Math.sqrt(-2 * Math.log(((generator.next() >>> 0) + 0.5) * 2 ** -32));
      const angle = 2 * Math.PI * (generator.next() >>> 0) * 2 ** -32;
      out[i] = radius * Math.cos(angle);
      if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
    }
    return out;
  }

  /** A uniformly random order of 0 … n − 1 (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const held = order[i];
      order[i] = order[j];
      order[j] = held;
    }
    return order;
  }
}

/**
 * Four words of state from a seed, by a Weyl sequence through a bit mixer (splitmix32). The generator's own seeding
 * leaves the seed's bits unmixed: its first output is −1 whatever the seed, and the next dozen are correlated.
 */
function scrambled(seed: number): number[] {
  return Array.from({ length: 4 }, (_, i) => {
    let word = (seed + Math.imul(i + 1, 0x9e3779b9)) | 0;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  });
}
