// Where a model's numbers live: all parameters one after another in one WebAssembly.Memory, and beside them, in the
// same order, gradients and whatever else an optimizer keeps. ONNX Runtime and the SIMD kernels both work in place.

import { LogdetError } from "../errors.js";
import type { FloatType } from "../onnx/index.js";
import type { Parameter } from "../tensor/index.js";

export type FloatArray = Float32Array | Float64Array;

const pageBytes = 65_536;
const mostPages = 65_536;
/** Every parameter starts on a multiple of this many elements, so that SIMD loads never straddle two of them. */
const alignment = 16;

/**
 * Bytes left free after every buffer. An optimizer walks through several buffers at once: if they lay a multiple of
 * 4 KiB apart, as they do for a D that is a power of two, its loads would wait for stores that only look like theirs.
 */
const stagger = 1152;

const align = (count: number) => Math.ceil(count / alignment) * alignment;

export interface ParameterStoreOptions {
  readonly float?: FloatType;
  /** Names of further buffers, each as long as the trainable parameters: "gradient", an optimizer's slots. */
  readonly buffers?: readonly string[];
  /** Scratch elements to reserve at the end, for kernels. */
  readonly scratch?: number;
}

/**
 * The values of a set of parameters. Trainable ones come first, so that one range covers them.
 *
 * The memory is sized once: growing would detach every view of it.
 *
 * @throws LogdetError "numeric" if everything together passes 4 GiB, the limit of WebAssembly.Memory.
 * @example
 * const store = new ParameterStore([weight, bias], { buffers: ["gradient"] })
 * store.view(weight)[0] = 1
 */
export class ParameterStore {
  readonly float: FloatType;
  readonly parameters: readonly Parameter[];
  readonly memory: WebAssembly.Memory;
  /** Elements of the trainable range, alignment included. */
  readonly trainableLength: number;
  /** All values: trainable parameters, then fixed ones. */
  readonly values: FloatArray;
  readonly scratch: FloatArray;
  readonly #offsets = new Map<Parameter, number>();
  readonly #buffers = new Map<string, FloatArray>();

  constructor(
    parameters: Iterable<Parameter>,
    { float = "float32", buffers = [], scratch = 0 }: ParameterStoreOptions = {},
  ) {
    this.float = float;
    const all = [...new Set(parameters)];
    this.parameters = [...all.filter((p) => p.trainable), ...all.filter((p) => !p.trainable)];
    let length = 0;
    let trainable = 0;
    for (const parameter of this.parameters) {
      this.#offsets.set(parameter, length);
      length += align(parameter.size);
      if (parameter.trainable) trainable = length;
    }
    this.trainableLength = trainable;

    const width = float === "float64" ? 8 : 4;
    const bytes =
      width * (length + buffers.length * trainable + align(scratch)) + (buffers.length + 2) * stagger;
    const pages = Math.max(1, Math.ceil(bytes / pageBytes));
    if (pages > mostPages)
      throw new LogdetError(
        "numeric",
        `the model and its optimizer need ${(bytes / 2 ** 30).toFixed(1)} GiB, at most 4 GiB fit`,
        { hint: "use fewer columns, fewer layers, or an optimizer with fewer slots (sgd)" },
      );
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });

    let top = 0;
    const take = (count: number): FloatArray => {
      const view =
        float === "float64"
          ? new Float64Array(this.memory.buffer, top, count)
          : new Float32Array(this.memory.buffer, top, count);
      top += count * width + stagger;
      return view;
    };
    this.values = take(length);
    for (const name of buffers) this.#buffers.set(name, take(trainable));
    this.scratch = take(align(scratch));
    for (const parameter of this.parameters) this.view(parameter).set(parameter.initial);
  }

  has(parameter: Parameter): boolean {
    return this.#offsets.has(parameter);
  }

  /** Position of a parameter's first element within `values` and within every buffer. */
  offset(parameter: Parameter): number {
    const offset = this.#offsets.get(parameter);
    if (offset === undefined) throw new LogdetError("usage", `${parameter} does not belong to this store`);
    return offset;
  }

  /** A parameter's elements, in `values` or in a named buffer. A live view, not a copy. */
  view(parameter: Parameter, buffer?: string): FloatArray {
    const offset = this.offset(parameter);
    if (buffer !== undefined && !parameter.trainable)
      throw new LogdetError("usage", `${parameter} is not trainable: it has no place in ${buffer}`);
    const whole = buffer === undefined ? this.values : this.buffer(buffer);
    return whole.subarray(offset, offset + parameter.size);
  }

  /** A named buffer over the whole trainable range. */
  buffer(name: string): FloatArray {
    const buffer = this.#buffers.get(name);
    if (!buffer) throw new LogdetError("usage", `the store has no buffer named ${name}`);
    return buffer;
  }

  /** The values of the trainable range. */
  get trainable(): FloatArray {
    return this.values.subarray(0, this.trainableLength);
  }
}
