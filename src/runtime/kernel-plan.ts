// Kernel phases made ready for one batch size: a memory of their own, a place in it for every value they touch, and
// the calls, bound to those places.

import { instantiateKernels, type Kernels } from "../kernels/index.js";
import { bindShape, Constant, callsIn, Parameter, type Tensor } from "../tensor/index.js";
import { compositeSpellings, productSpellings, scratchSizes } from "./fused-spelling.js";
import { type KernelSpelling, kernelSpellings, type Placed } from "./kernel-spelling.js";
import { isLeaf, type Phase } from "./schedule.js";

/** How one operation is spelled, composites aside. */
export function kernelSpelling(node: Tensor): KernelSpelling | undefined {
  const { name } = node.operation;
  return productSpellings[name] ?? kernelSpellings[name];
}

const aliases: ReadonlySet<string> = new Set(["reshape", "stopGradient", "toFloat"]);

/**
 * The value whose place a tensor shares: reshaping moves nothing. Only within the kernels' own work; a graph makes a
 * value of its own.
 */
function source(node: Tensor, isKernel: (node: Tensor) => boolean): Tensor {
  let from = node;
  while (isKernel(from) && aliases.has(from.operation.name)) from = from.inputs[0];
  return from;
}

/** Room left free after every value, so that no two lie a multiple of 4 KiB apart: see ParameterStore. */
const stagger = 192;
const pageBytes = 65_536;
const aligned = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** Hands out byte ranges, and takes them back when the value in them has had its last use. */
class Ranges {
  // Address 0 means "none" to the kernels.
  #top = 64;
  readonly #free: { at: number; size: number }[] = [];

  take(bytes: number): number {
    const size = aligned(bytes) + stagger;
    const fits = this.#free.filter((range) => range.size >= size).sort((a, b) => a.size - b.size)[0];
    if (!fits) {
      this.#top += size;
      return this.#top - size;
    }
    fits.size -= size;
    fits.at += size;
    return fits.at - size;
  }

  release(at: number, bytes: number): void {
    const range = { at, size: aligned(bytes) + stagger };
    const after = this.#free.findIndex((other) => other.at === range.at + range.size);
    if (after >= 0) range.size += this.#free.splice(after, 1)[0].size;
    const before = this.#free.find((other) => other.at + other.size === range.at);
    if (before) before.size += range.size;
    else this.#free.push(range);
  }

  get end(): number {
    return this.#top;
  }
}

/** The kernel phases of a program at one batch size. */
export class KernelPlan {
  readonly #memory: WebAssembly.Memory;
  readonly #places = new Map<Tensor, number>();
  readonly #batch: number;
  readonly #calls = new Map<Phase, readonly (() => void)[]>();
  readonly #isKernel: (node: Tensor) => boolean;

  /** @param outputs values that must last to the end of a run */
  constructor(phases: readonly Phase[], outputs: readonly Tensor[], batch: number) {
    this.#batch = batch;
    const own = new Set(
      phases.filter(({ executor }) => executor === "kernels").flatMap(({ nodes }) => nodes),
    );
    this.#isKernel = (node) => own.has(node);
    const from = (node: Tensor) => source(node, this.#isKernel);

    const touched = new Set<Tensor>();
    for (const node of own) for (const value of [node, ...node.inputs]) touched.add(from(value));

    // What happens at one moment: a call of a kernel, or a whole phase of another executor.
    const calls = callsIn([...own]);
    const results = (node: Tensor) => (calls.get(node) ?? [node]).filter((result) => result !== undefined);
    const moments = phases.flatMap(({ executor, nodes }) =>
      executor === "kernels" ? nodes.filter((node) => results(node)[0] === node).map(results) : [nodes],
    );
    const lastUse = new Map<Tensor, number>();
    for (const [moment, nodes] of moments.entries())
      for (const node of nodes) for (const value of [node, ...node.inputs]) lastUse.set(from(value), moment);
    for (const output of outputs) lastUse.set(from(output), moments.length);
    const ranges = new Ranges();
    const place = (value: Tensor) => {
      if (touched.has(value) && !this.#places.has(value))
        this.#places.set(value, ranges.take(this.#bytes(value)));
    };
    for (const value of touched) if (isLeaf(value)) place(value);
    for (const [moment, nodes] of moments.entries()) {
      for (const node of nodes) if (from(node) === node) place(node);
      for (const [value, at] of this.#places)
        if (lastUse.get(value) === moment && !isLeaf(value)) ranges.release(at, this.#bytes(value));
    }

    const scratch = ranges.end;
    const scratchBytes = Math.max(0, ...[...own].map((node) => this.#scratchBytes(node)));
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil((scratch + scratchBytes + 64) / pageBytes) });
    const kernels = instantiateKernels(this.#memory);
    for (const phase of phases)
      if (phase.executor === "kernels")
        this.#calls.set(phase, this.#bind(phase, calls, kernels, aligned(scratch)));
    for (const value of this.#places.keys())
      if (value instanceof Constant) this.view(value)?.set(value.values);
  }

  /** The elements of a value that kernels touch, in their memory. */
  view(node: Tensor): Float32Array | undefined {
    const value = source(node, this.#isKernel);
    const at = this.#places.get(value);
    return at === undefined ? undefined : new Float32Array(this.#memory.buffer, at, this.#bytes(value) / 4);
  }

  /** The parameters that kernels read. */
  get parameters(): Parameter[] {
    return [...this.#places.keys()].filter((value) => value instanceof Parameter);
  }

  run(phase: Phase): void {
    for (const call of this.#calls.get(phase) ?? []) call();
  }

  #shape(node: Tensor): number[] {
    return bindShape(node.shape, this.#batch);
  }

  #bytes(node: Tensor): number {
    return 4 * this.#shape(node).reduce((n, size) => n * size, 1);
  }

  #scratchBytes(node: Tensor): number {
    const { part } = node.operation;
    if (!part) return kernelSpelling(node)?.scratch?.(node, this.#batch) ?? 0;
    const shapes = node.inputs.map((input) => this.#shape(input));
    return compositeSpellings[part.of.name].scratch(shapes, scratchSizes());
  }

  #bind(
    { nodes }: Phase,
    calls: ReadonlyMap<Tensor, readonly (Tensor | undefined)[]>,
    kernels: Kernels,
    scratch: number,
  ): (() => void)[] {
    const placed = (node: Tensor): Placed => ({
      at: this.#places.get(source(node, this.#isKernel)) as number,
      shape: this.#shape(node),
    });
    const batch = this.#batch;
    return nodes.flatMap((node) => {
      const inputs = node.inputs.map(placed);
      const { part } = node.operation;
      if (part) {
        const results = calls.get(node) ?? [];
        if (results.find((result) => result) !== node) return [];
        const { attributes } = node;
        return compositeSpellings[part.of.name].bind({
          ...{ inputs, attributes, batch, kernels, scratch },
          results: results.map((result) => result && placed(result)),
        });
      }
      if (aliases.has(node.operation.name)) return [];
      const memory = this.#memory;
      return (
        kernelSpelling(node)?.bind({ node, inputs, output: placed(node), batch, kernels, memory, scratch }) ??
        []
      );
    });
  }
}
