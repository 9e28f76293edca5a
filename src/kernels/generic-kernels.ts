// Tensor operations on float32 arrays, one kernel an operation. The sources are assembly/generic-*.ts.

/** A function of one array: out ← f(x), `count` elements. */
export type UnaryKernel = (count: number, x: number, out: number) => void;

/**
 * A function of two arrays that stretch to one shape: out [n0, n1, n2, n3] ← f(a, b). `a0` … `a3` are a's steps along
 * each axis in bytes, 0 where it is stretched; the last is 4 or 0, and both last ones are 0 only where n3 = 1.
 */
export type BinaryKernel = (
  n0: number,
  n1: number,
  n2: number,
  n3: number,
  a: number,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  b: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
  out: number,
) => void;

/** A reduction of the middle axis of x [outer, n, inner]: out [outer, inner]. */
export type ReductionKernel = (outer: number, n: number, inner: number, x: number, out: number) => void;

/**
 * Functions of each element, and of pairs of elements. Transcendental ones are right to about 2 units in the last
 * place, with the limits of IEEE 754 at ±∞; results below the smallest normal number may be 0. sin and cos lose digits
 * beyond |x| of 4 · 10⁸. Comparisons give 0 or 1; `truncate` rounds towards zero.
 */
interface ElementwiseKernels {
  readonly unaryNeg: UnaryKernel;
  readonly unaryAbs: UnaryKernel;
  readonly unarySqrt: UnaryKernel;
  readonly unarySign: UnaryKernel;
  readonly unaryTruncate: UnaryKernel;
  readonly unarySquare: UnaryKernel;
  readonly unaryCube: UnaryKernel;
  readonly unaryExp: UnaryKernel;
  readonly unaryLog: UnaryKernel;
  readonly unaryLog1p: UnaryKernel;
  readonly unaryExpm1: UnaryKernel;
  readonly unaryTanh: UnaryKernel;
  readonly unarySigmoid: UnaryKernel;
  readonly unarySoftplus: UnaryKernel;
  readonly unaryErf: UnaryKernel;
  readonly unarySin: UnaryKernel;
  readonly unaryCos: UnaryKernel;

  readonly binaryAdd: BinaryKernel;
  readonly binarySub: BinaryKernel;
  readonly binaryMul: BinaryKernel;
  readonly binaryDiv: BinaryKernel;
  readonly binaryPow: BinaryKernel;
  readonly binaryMin: BinaryKernel;
  readonly binaryMax: BinaryKernel;
  readonly binaryLess: BinaryKernel;
  readonly binaryLessOrEqual: BinaryKernel;
  readonly binaryGreater: BinaryKernel;
  readonly binaryGreaterOrEqual: BinaryKernel;
  readonly binaryEqual: BinaryKernel;
}

/**
 * Kernels over row-major float32 arrays, given as byte offsets that are multiples of 4; outputs and scratch overlap
 * nothing. Booleans are 0 and 1, indices whole numbers. Sums of more than 256 elements are float32 within blocks of
 * 256 and float64 between them. Nothing is checked but indices.
 */
export interface GenericKernels extends ElementwiseKernels {
  /** out [n0, n1, n2, n3] ← a where the condition c is not 0, b elsewhere; steps as in `BinaryKernel`. */
  select(
    n0: number,
    n1: number,
    n2: number,
    n3: number,
    c: number,
    c0: number,
    c1: number,
    c2: number,
    c3: number,
    a: number,
    a0: number,
    a1: number,
    a2: number,
    a3: number,
    b: number,
    b0: number,
    b1: number,
    b2: number,
    b3: number,
    out: number,
  ): void;

  /** out ← x, both [n0, n1, n2, n3], with steps in bytes along each axis: any for x, 0 where it is stretched. */
  copyStrided(
    n0: number,
    n1: number,
    n2: number,
    n3: number,
    x: number,
    x0: number,
    x1: number,
    x2: number,
    x3: number,
    out: number,
    o0: number,
    o1: number,
    o2: number,
    o3: number,
  ): void;

  /** Each row of x [rows, width] between zeros: out [rows, before + width + after]. */
  padRows(rows: number, width: number, before: number, after: number, x: number, out: number): void;

  /**
   * out [count, width]: the rows of table [rows, width] that indices [count] name, from the end where negative.
   * Returns 0, with the rest of out unwritten, at an index that names none.
   */
  gatherRows(count: number, width: number, rows: number, table: number, indices: number, out: number): number;

  /** The adjoint: out [rows, width] ← zeros, then values [count, width] added to the rows that indices name. */
  scatterAddRows(
    count: number,
    width: number,
    rows: number,
    indices: number,
    values: number,
    out: number,
  ): number;

  /** out [n, n] ← the identity. */
  identityMatrix(n: number, out: number): void;

  readonly sumAlong: ReductionKernel;
  readonly maxAlong: ReductionKernel;

  /** log Σ exp(x) of the middle axis. `scratch`: 2 arrays of [outer, inner], each rounded up to 16 bytes; aligned to 16. */
  logSumExpAlong(outer: number, n: number, inner: number, x: number, out: number, scratch: number): void;

  /** x − log Σ exp(x) along the middle axis: out [outer, n, inner]. `scratch` as for `logSumExpAlong`. */
  logSoftmaxAlong(outer: number, n: number, inner: number, x: number, out: number, scratch: number): void;

  /** Running sums along the middle axis: `exclusive` (1) leaves the element itself out, `reverse` runs from the end. */
  cumulativeSumAlong(
    outer: number,
    n: number,
    inner: number,
    x: number,
    out: number,
    exclusive: number,
    reverse: number,
  ): void;
}
