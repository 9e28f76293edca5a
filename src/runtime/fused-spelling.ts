// Composites and matrix products as calls of fused kernels: what kernel-spelling.ts is for the other operations.

import { instantiateKernels, type Kernels } from "../kernels/index.js";
import { type Attributes, type Tensor, upstreamOf } from "../tensor/index.js";
import type { KernelSpelling, Placed } from "./kernel-spelling.js";

/** One call of a composite with its places. Results that nobody uses have none. */
export interface CompositeCall {
  readonly inputs: readonly Placed[];
  readonly results: readonly (Placed | undefined)[];
  readonly attributes: Attributes;
  readonly batch: number;
  readonly kernels: Kernels;
  readonly scratch: number;
}

export interface CompositeSpelling {
  /** Bytes of scratch. */
  scratch(inputs: readonly (readonly number[])[], sizes: Kernels): number;
  bind(call: CompositeCall): () => void;
}

let sizing: Kernels | undefined;
/** Kernels that are only asked how much scratch they need. */
export function scratchSizes(): Kernels {
  sizing ??= instantiateKernels(new WebAssembly.Memory({ initial: 1 }));
  return sizing;
}

/** What a kernel takes for "none". */
const place = (placed: Placed | undefined) => placed?.at ?? 0;

/** Where a derivative finds the upstream gradient of a result: after the `count` inputs of the composite itself. */
function upstream(
  { inputs, attributes }: CompositeCall,
  name: string,
  count: number,
  result: number,
): number {
  const position = (attributes[upstreamOf(name)] as readonly number[]).indexOf(result);
  return position < 0 ? 0 : inputs[count + position].at;
}

const splineScratch: CompositeSpelling["scratch"] = ([, [dim, bins]], sizes) =>
  sizes.splineScratch(dim, bins);
const mixtureScratch: CompositeSpelling["scratch"] = ([, [dim, components]], sizes) =>
  sizes.mixtureScratch(dim, components);

/** A spline layer in one of its directions. */
const splineMap = (kernel: "splineForward" | "splineInverse"): CompositeSpelling => ({
  scratch: splineScratch,
  bind({ inputs, results, batch, kernels, scratch }) {
    const [from, widths, heights, slopes, left, width, bottom, height] = inputs.map(place);
    const [to, logDet] = results.map(place);
    const [dim, bins] = inputs[1].shape;
    const curves = [widths, heights, slopes, left, width, bottom, height] as const;
    const args = [batch, dim, bins, from, ...curves, to, logDet, scratch] as const;
    return () => kernels[kernel](...args);
  },
});

export const compositeSpellings: Readonly<Record<string, CompositeSpelling>> = {
  rationalQuadraticSpline: splineMap("splineForward"),
  rationalQuadraticSplineInverse: splineMap("splineInverse"),
  "rationalQuadraticSpline.gradient": {
    scratch: splineScratch,
    bind(call) {
      const { inputs, results, batch, kernels, scratch } = call;
      const [x, widths, heights, slopes, left, width, bottom, height] = inputs.map(place);
      const [upstreamY, upstreamLogDet] = [
        upstream(call, "rationalQuadraticSpline", 8, 0),
        upstream(call, "rationalQuadraticSpline", 8, 1),
      ];
      const [dx, dWidths, dHeights, dSlopes] = results.map(place);
      const [dim, bins] = inputs[1].shape;
      const curves = [widths, heights, slopes, left, width, bottom, height] as const;
      const slopesOut = [dx, dWidths, dHeights, dSlopes] as const;
      const args = [
        batch,
        dim,
        bins,
        x,
        ...curves,
        upstreamY,
        upstreamLogDet,
        ...slopesOut,
        scratch,
      ] as const;
      return () => kernels.splineBackward(...args);
    },
  },
  mixtureOfGaussians: {
    scratch: mixtureScratch,
    bind({ inputs, results, batch, kernels, scratch }) {
      const [z, logits, mean, logScale] = inputs.map(place);
      const logProb = place(results[0]);
      const [dim, components] = inputs[1].shape;
      return () =>
        kernels.mixtureForward(batch, dim, components, z, logits, mean, logScale, logProb, scratch);
    },
  },
  "mixtureOfGaussians.gradient": {
    scratch: mixtureScratch,
    bind(call) {
      const { inputs, results, batch, kernels, scratch } = call;
      const [z, logits, mean, logScale] = inputs.map(place);
      const [dz, dLogits, dMean, dLogScale] = results.map(place);
      const given = upstream(call, "mixtureOfGaussians", 4, 0);
      const [dim, components] = inputs[1].shape;
      const slopesOut = [dz, dLogits, dMean, dLogScale] as const;
      const args = [batch, dim, components, z, logits, mean, logScale, given, ...slopesOut, scratch] as const;
      return () => kernels.mixtureBackward(...args);
    },
  },
};

/** [m, n, k] of a product whose arguments have these shapes. */
export function productSizes(node: Tensor, shapes: readonly (readonly number[])[]): [number, number, number] {
  const { transposeA, transposeB } = node.attributes;
  const [a, b] = shapes;
  const [m, k] = transposeA ? [a[1], a[0]] : a;
  return [m, b[transposeB ? 0 : 1], k];
}

const bound = (node: Tensor, batch: number) =>
  node.inputs.map(({ shape }) => shape.map((size) => (size === "batch" ? batch : size)));

const product: KernelSpelling = {
  scratch: (node, batch) => scratchSizes().smallProductScratch(...productSizes(node, bound(node, batch))),
  bind({ node, inputs, output, kernels, scratch }) {
    const { transposeA = false, transposeB = false, alpha = 1, beta = 1 } = node.attributes;
    const [a, b, c] = inputs;
    const [m, n, k] = productSizes(node, [a.shape, b.shape]);
    const isRow = c && c.shape.length === 1 ? 1 : 0;
    const factors = [alpha as number, c ? (beta as number) : 0] as const;
    const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0];
    const args = [
      m,
      n,
      k,
      a.at,
      flags[0],
      b.at,
      flags[1],
      ...factors,
      place(c),
      isRow,
      output.at,
      scratch,
    ] as const;
    return () => kernels.smallProduct(...args);
  },
};

/** Products by operation name. */
export const productSpellings: Readonly<Record<string, KernelSpelling>> = {
  matmul: product,
  linear: product,
  gemm: product,
};
