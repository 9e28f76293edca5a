// out = α op(A) op(B) + β C in float32 for the matrices of small tables, where calling a matrix library costs more
// than the product. Tiles of four rows by eight columns stay in registers while they gather the inner sum.

const SIZE: usize = sizeof<f32>();

/** Inner sums are gathered in pieces of this many terms, so that the pieces of A and B stay in the nearest caches. */
const DEPTH: usize = 256;

/** Bytes of a packed B. Rows narrower than a vector are padded to one. */
export function smallProductScratch(m: usize, n: usize, k: usize): usize {
  return k * max(n, 4) * SIZE;
}

/** op(B) [k, n] of any size into rows of at least a vector, at whose end it lies. `stepB`: from column to column. */
function packNarrow(n: usize, k: usize, b: usize, strideB: usize, stepB: usize, packed: usize): void {
  const padding: usize = n < 4 ? 4 - n : 0;
  for (let p: usize = 0; p < k; p++) {
    for (let j: usize = 0; j < padding; j++, packed += SIZE) store<f32>(packed, 0);
    for (let j: usize = 0; j < n; j++, packed += SIZE) store<f32>(packed, load<f32>(b + p * strideB + j * stepB));
  }
}

/**
 * B [n, k] as rows [k, n], four by four, for n and k from 4 on. Where a block does not fit it starts earlier and copies
 * some elements twice.
 */
function packTransposed(n: usize, k: usize, b: usize, packed: usize): void {
  const stride = n * SIZE;
  for (let j: usize = 0; j < n; j += 4) {
    const column = min(j, n - 4);
    for (let p: usize = 0; p < k; p += 4) {
      const row = min(p, k - 4);
      const from = b + (column * k + row) * SIZE;
      const b0 = v128.load(from);
      const b1 = v128.load(from + k * SIZE);
      const b2 = v128.load(from + 2 * k * SIZE);
      const b3 = v128.load(from + 3 * k * SIZE);
      const low01 = v128.shuffle<u32>(b0, b1, 0, 4, 1, 5);
      const low23 = v128.shuffle<u32>(b2, b3, 0, 4, 1, 5);
      const high01 = v128.shuffle<u32>(b0, b1, 2, 6, 3, 7);
      const high23 = v128.shuffle<u32>(b2, b3, 2, 6, 3, 7);
      const to = packed + row * stride + column * SIZE;
      v128.store(to, v128.shuffle<u64>(low01, low23, 0, 2));
      v128.store(to + stride, v128.shuffle<u64>(low01, low23, 1, 3));
      v128.store(to + 2 * stride, v128.shuffle<u64>(high01, high23, 0, 2));
      v128.store(to + 3 * stride, v128.shuffle<u64>(high01, high23, 1, 3));
    }
  }
}

/**
 * Lanes `first` on of the vector at `at`, zeros before them. A narrow row's address may lie before 0: it is added to
 * here, not left to an instruction's offset.
 */
function readFrom(first: usize, at: usize): v128 {
  const zero = f32x4.splat(0);
  if (first == 3) return v128.load32_lane(at + 12, zero, 3);
  const upper = v128.load64_lane(at + 8, zero, 1);
  return first == 1 ? v128.load32_lane(at + 4, upper, 1) : upper;
}

function writeFrom(first: usize, at: usize, x: v128): void {
  if (first == 3) {
    v128.store32_lane(at + 12, x, 3);
    return;
  }
  v128.store64_lane(at + 8, x, 1);
  if (first == 1) v128.store32_lane(at + 4, x, 1);
}

/** Writes `sum`, with β C where `adds`. The lanes before `first` belong to another tile, or to nobody. */
@inline
function finish(sum: v128, adds: bool, beta: v128, c: usize, out: usize, first: usize): void {
  if (adds) sum = f32x4.add(sum, f32x4.mul(beta, first == 0 ? v128.load(c) : readFrom(first, c)));
  if (first == 0) v128.store(out, sum);
  else writeFrom(first, out, sum);
}

/**
 * Up to four rows by two vectors. `a0` … `a3`: the rows' first elements, the next ones `stepA` bytes on. `b`: the first
 * vector of columns; the second lies `shift` bytes on and writes its lanes from `first` on.
 */
function wideTile(
  depth: usize, rows: usize, a0: usize, a1: usize, a2: usize, a3: usize, stepA: usize,
  b: usize, strideB: usize, shift: usize, first: usize,
  alpha: v128, adds: bool, beta: v128, c: usize, strideC: usize, out: usize, strideOut: usize,
): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = b + depth * strideB;
  while (b != end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b + shift);
    let x = v128.load32_splat(a0);
    s00 = f32x4.add(s00, f32x4.mul(x, b0));
    s01 = f32x4.add(s01, f32x4.mul(x, b1));
    x = v128.load32_splat(a1);
    s10 = f32x4.add(s10, f32x4.mul(x, b0));
    s11 = f32x4.add(s11, f32x4.mul(x, b1));
    x = v128.load32_splat(a2);
    s20 = f32x4.add(s20, f32x4.mul(x, b0));
    s21 = f32x4.add(s21, f32x4.mul(x, b1));
    x = v128.load32_splat(a3);
    s30 = f32x4.add(s30, f32x4.mul(x, b0));
    s31 = f32x4.add(s31, f32x4.mul(x, b1));
    a0 += stepA;
    a1 += stepA;
    a2 += stepA;
    a3 += stepA;
    b += strideB;
  }
  finish(f32x4.mul(alpha, s00), adds, beta, c, out, 0);
  finish(f32x4.mul(alpha, s01), adds, beta, c + shift, out + shift, first);
  if (rows < 2) return;
  finish(f32x4.mul(alpha, s10), adds, beta, c + strideC, out + strideOut, 0);
  finish(f32x4.mul(alpha, s11), adds, beta, c + shift + strideC, out + strideOut + shift, first);
  if (rows < 3) return;
  finish(f32x4.mul(alpha, s20), adds, beta, c + 2 * strideC, out + 2 * strideOut, 0);
  finish(f32x4.mul(alpha, s21), adds, beta, c + shift + 2 * strideC, out + 2 * strideOut + shift, first);
  if (rows < 4) return;
  finish(f32x4.mul(alpha, s30), adds, beta, c + 3 * strideC, out + 3 * strideOut, 0);
  finish(f32x4.mul(alpha, s31), adds, beta, c + shift + 3 * strideC, out + 3 * strideOut + shift, first);
}

/** Up to four rows by one vector, which writes its lanes from `first` on. */
function tile(
  depth: usize, rows: usize, a0: usize, a1: usize, a2: usize, a3: usize, stepA: usize,
  b: usize, strideB: usize, first: usize,
  alpha: v128, adds: bool, beta: v128, c: usize, strideC: usize, out: usize, strideOut: usize,
): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = b + depth * strideB;
  while (b != end) {
    const row = v128.load(b);
    s0 = f32x4.add(s0, f32x4.mul(v128.load32_splat(a0), row));
    s1 = f32x4.add(s1, f32x4.mul(v128.load32_splat(a1), row));
    s2 = f32x4.add(s2, f32x4.mul(v128.load32_splat(a2), row));
    s3 = f32x4.add(s3, f32x4.mul(v128.load32_splat(a3), row));
    a0 += stepA;
    a1 += stepA;
    a2 += stepA;
    a3 += stepA;
    b += strideB;
  }
  finish(f32x4.mul(alpha, s0), adds, beta, c, out, first);
  if (rows < 2) return;
  finish(f32x4.mul(alpha, s1), adds, beta, c + strideC, out + strideOut, first);
  if (rows < 3) return;
  finish(f32x4.mul(alpha, s2), adds, beta, c + 2 * strideC, out + 2 * strideOut, first);
  if (rows < 4) return;
  finish(f32x4.mul(alpha, s3), adds, beta, c + 3 * strideC, out + 3 * strideOut, first);
}

/** out = α A B + β C (where `adds`) for a piece of the inner sum. Elements of A lie `strideA` and `stepA` apart. */
function product(
  m: usize, n: usize, depth: usize, a: usize, strideA: usize, stepA: usize, b: usize, strideB: usize,
  alpha: v128, adds: bool, beta: v128, c: usize, strideC: usize, out: usize,
): void {
  const strideOut = n * SIZE;
  for (let i: usize = 0; i < m; i += 4) {
    const last = m - 1;
    const a0 = a + i * strideA;
    const a1 = a + min(i + 1, last) * strideA;
    const a2 = a + min(i + 2, last) * strideA;
    const a3 = a + min(i + 3, last) * strideA;
    const outRow = out + i * strideOut;
    const cRow = c + i * strideC;
    let column: usize = 0;
    // Where two vectors or one do not fit, the last begins at column n − 4 and leaves out what has been written.
    for (; column + 4 < n; column += 8) {
      const second = min(column + 4, n - 4);
      wideTile(
        depth, m - i, a0, a1, a2, a3, stepA,
        b + column * SIZE, strideB, (second - column) * SIZE, column + 4 - second,
        alpha, adds, beta, cRow + column * SIZE, strideC, outRow + column * SIZE, strideOut,
      );
    }
    if (column < n) {
      const at = n - 4;
      tile(
        depth, m - i, a0, a1, a2, a3, stepA, b + at * SIZE, strideB, column - at,
        alpha, adds, beta, cRow + at * SIZE, strideC, outRow + at * SIZE, strideOut,
      );
    }
  }
}

export function smallProduct(
  m: usize, n: usize, k: usize, a: usize, transposeA: i32, b: usize, transposeB: i32,
  alpha: f32, beta: f32, c: usize, rowOfC: i32, out: usize, scratch: usize,
): void {
  const strideA = transposeA ? SIZE : k * SIZE;
  const stepA = transposeA ? m * SIZE : SIZE;
  // The columns of a narrow B become the last lanes of a vector, as in every last tile.
  const padding: usize = n < 4 ? 4 - n : 0;
  const strideB = (padding + n) * SIZE;
  if (n < 4 || transposeB) {
    if (!transposeB) packNarrow(n, k, b, n * SIZE, SIZE, scratch);
    else if (min(n, k) < 4) packNarrow(n, k, b, SIZE, k * SIZE, scratch);
    else packTransposed(n, k, b, scratch);
    b = scratch + padding * SIZE;
  }
  const strideC: usize = rowOfC ? 0 : n * SIZE;
  const scale = f32x4.splat(alpha);
  const first = min(k, DEPTH);
  product(m, n, first, a, strideA, stepA, b, strideB, scale, c != 0, f32x4.splat(beta), c, strideC, out);
  for (let p = first; p < k; p += DEPTH)
    product(
      m, n, min(DEPTH, k - p), a + p * stepA, strideA, stepA, b + p * strideB, strideB,
      scale, true, f32x4.splat(1), out, n * SIZE, out,
    );
}
