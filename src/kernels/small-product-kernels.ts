// Products of small float32 matrices, with the addend of a dense layer. The source is assembly/small-product.ts.

export interface SmallProductKernels {
  /** Bytes of scratch space that `smallProduct` needs at these sizes. */
  smallProductScratch(m: number, n: number, k: number): number;

  /**
   * out = α op(A) op(B) + β C for row-major float32 matrices, op the identity or the transpose. Register-blocked, for
   * sizes of up to about a hundred beside one of any length; every size is at least 1. A layer is y = x W + b, its
   * gradients Δ Wᵀ and xᵀ Δ. Cost 2 m n k; a transposed B is copied once.
   *
   * @param a byte offset of A: [m, k], or [k, m] if `transposeA` is not 0
   * @param b byte offset of B: [k, n], or [n, k] if `transposeB` is not 0
   * @param c byte offset of C: [m, n], or if `rowOfC` is not 0 one row [n] added to every row; 0: no addend. A C of
   * [m, n] may be `out` itself; no other arrays may overlap `out` or `scratch`
   * @param out byte offset of the result [m, n]
   * @param scratch byte offset of `smallProductScratch(m, n, k)` bytes
   * @example kernels.smallProduct(rows, d, d, x, 0, w, 0, 1, 1, bias, 1, y, scratch) // y = x W + bias
   */
  smallProduct(
    m: number,
    n: number,
    k: number,
    a: number,
    transposeA: number,
    b: number,
    transposeB: number,
    alpha: number,
    beta: number,
    c: number,
    rowOfC: number,
    out: number,
    scratch: number,
  ): void;
}
