// The one operation that all float64 linear algebra here is made of: C ← C − A B for row-major blocks inside
// larger matrices. Every size is a multiple of 4; strides are in bytes.

/** Depth and width of the block of B that is packed at a time: 256 KiB, which stays in the second-level cache. */
const DEPTH: usize = 128;
const WIDTH: usize = 256;

/** Bytes of scratch that `subtractProduct` needs for matrices of up to `n` rows and columns. */
export function productScratch(n: usize): usize {
  return min(n, DEPTH) * min(n, WIDTH) * 8;
}

/** Copies a block of B into panels of four columns, so that a tile reads it from first byte to last. */
function pack(depth: usize, width: usize, b: usize, strideB: usize, packed: usize): void {
  for (let j: usize = 0; j < width; j += 4) {
    let from = b + j * 8;
    for (let k: usize = 0; k < depth; k++) {
      v128.store(packed, v128.load(from));
      v128.store(packed, v128.load(from, 16), 16);
      packed += 32;
      from += strideB;
    }
  }
}

/** One 4 x 4 tile of C, in eight registers while it gathers its sum over the depth. */
function subtractTile(depth: usize, a: usize, strideA: usize, panel: usize, c: usize, strideC: usize): void {
  let a0 = a;
  let a1 = a0 + strideA;
  let a2 = a1 + strideA;
  let a3 = a2 + strideA;
  let s00 = f64x2.splat(0);
  let s01 = f64x2.splat(0);
  let s10 = f64x2.splat(0);
  let s11 = f64x2.splat(0);
  let s20 = f64x2.splat(0);
  let s21 = f64x2.splat(0);
  let s30 = f64x2.splat(0);
  let s31 = f64x2.splat(0);
  const end = panel + depth * 32;
  while (panel < end) {
    // Two steps of the depth by hand: neither compiler unrolls, and this is where the time goes.
    let b0 = v128.load(panel);
    let b1 = v128.load(panel, 16);
    let x = v128.load64_splat(a0);
    s00 = f64x2.add(s00, f64x2.mul(x, b0));
    s01 = f64x2.add(s01, f64x2.mul(x, b1));
    x = v128.load64_splat(a1);
    s10 = f64x2.add(s10, f64x2.mul(x, b0));
    s11 = f64x2.add(s11, f64x2.mul(x, b1));
    x = v128.load64_splat(a2);
    s20 = f64x2.add(s20, f64x2.mul(x, b0));
    s21 = f64x2.add(s21, f64x2.mul(x, b1));
    x = v128.load64_splat(a3);
    s30 = f64x2.add(s30, f64x2.mul(x, b0));
    s31 = f64x2.add(s31, f64x2.mul(x, b1));
    b0 = v128.load(panel, 32);
    b1 = v128.load(panel, 48);
    x = v128.load64_splat(a0, 8);
    s00 = f64x2.add(s00, f64x2.mul(x, b0));
    s01 = f64x2.add(s01, f64x2.mul(x, b1));
    x = v128.load64_splat(a1, 8);
    s10 = f64x2.add(s10, f64x2.mul(x, b0));
    s11 = f64x2.add(s11, f64x2.mul(x, b1));
    x = v128.load64_splat(a2, 8);
    s20 = f64x2.add(s20, f64x2.mul(x, b0));
    s21 = f64x2.add(s21, f64x2.mul(x, b1));
    x = v128.load64_splat(a3, 8);
    s30 = f64x2.add(s30, f64x2.mul(x, b0));
    s31 = f64x2.add(s31, f64x2.mul(x, b1));
    panel += 64;
    a0 += 16;
    a1 += 16;
    a2 += 16;
    a3 += 16;
  }
  subtractRow(c, s00, s01);
  subtractRow(c + strideC, s10, s11);
  subtractRow(c + 2 * strideC, s20, s21);
  subtractRow(c + 3 * strideC, s30, s31);
}

function subtractRow(c: usize, left: v128, right: v128): void {
  v128.store(c, f64x2.sub(v128.load(c), left));
  v128.store(c, f64x2.sub(v128.load(c, 16), right), 16);
}

/** C ← C − A B with A [rows, inner], B [inner, columns], C [rows, columns]. C aliases neither A nor B. */
export function subtractProduct(
  rows: usize,
  columns: usize,
  inner: usize,
  a: usize,
  strideA: usize,
  b: usize,
  strideB: usize,
  c: usize,
  strideC: usize,
  scratch: usize,
): void {
  for (let k: usize = 0; k < inner; k += DEPTH) {
    const depth = min(DEPTH, inner - k);
    for (let j: usize = 0; j < columns; j += WIDTH) {
      const width = min(WIDTH, columns - j);
      pack(depth, width, b + k * strideB + j * 8, strideB, scratch);
      for (let i: usize = 0; i < rows; i += 4)
        for (let t: usize = 0; t < width; t += 4)
          subtractTile(
            depth,
            a + i * strideA + k * 8,
            strideA,
            scratch + t * depth * 8,
            c + i * strideC + (j + t) * 8,
            strideC,
          );
    }
  }
}
