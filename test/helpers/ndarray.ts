// Plain arrays with shapes, indexed one element at a time: the independent truth that tensors are compared with.

export interface NdArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** An array whose elements are a function of their index. */
export function generate(shape: readonly number[], element: (index: number[]) => number): NdArray {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float64Array.from({ length: size }, (_, position) => {
    const index: number[] = [];
    let rest = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index.unshift(rest % shape[axis]);
      rest = Math.floor(rest / shape[axis]);
    }
    return element(index);
  });
  return { shape, data };
}

/** The element at an index; an axis of size 1 and missing leading axes repeat, as numpy's broadcasting has it. */
export function at({ shape, data }: NdArray, index: readonly number[]): number {
  const own = index.slice(index.length - shape.length);
  return data[shape.reduce((position, size, axis) => position * size + (size === 1 ? 0 : own[axis]), 0)];
}

/** numpy's rule for the shape of an element-wise result: pad with leading ones, stretch ones; null on a clash. */
export function broadcastShape(...shapes: (readonly number[])[]): number[] | null {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  const padded = shapes.map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const stretched = new Set(padded.map((shape) => shape[axis]).filter((size) => size !== 1));
    if (stretched.size > 1) return null;
    result.push([...stretched][0] ?? 1);
  }
  return result;
}

/** A function applied to the elements of arrays that broadcast. */
export function elementwise(f: (...elements: number[]) => number) {
  return (...arrays: NdArray[]): NdArray => {
    const shape = broadcastShape(...arrays.map((array) => array.shape));
    if (!shape) throw new Error("shapes clash");
    return generate(shape, (index) => f(...arrays.map((array) => at(array, index))));
  };
}

/** The product of two matrices. */
export function product(a: NdArray, b: NdArray): NdArray {
  return generate([a.shape[0], b.shape[1]], ([i, j]) => {
    let total = 0;
    for (let k = 0; k < a.shape[1]; k++) total += at(a, [i, k]) * at(b, [k, j]);
    return total;
  });
}

export function transposed(a: NdArray): NdArray {
  return generate([a.shape[1], a.shape[0]], ([i, j]) => at(a, [j, i]));
}

function minor(a: NdArray, row: number, column: number): NdArray {
  const n = a.shape[0] - 1;
  return generate([n, n], ([i, j]) => at(a, [i < row ? i : i + 1, j < column ? j : j + 1]));
}

/** The determinant by Laplace's expansion. */
export function determinant(a: NdArray): number {
  if (a.shape[0] === 0) return 1;
  let total = 0;
  for (let j = 0; j < a.shape[0]; j++) total += (-1) ** j * at(a, [0, j]) * determinant(minor(a, 0, j));
  return total;
}

/** The inverse by Cramer's rule. */
export function inverseMatrix(a: NdArray): NdArray {
  const whole = determinant(a);
  return generate(a.shape, ([i, j]) => ((-1) ** (i + j) * determinant(minor(a, j, i))) / whole);
}
