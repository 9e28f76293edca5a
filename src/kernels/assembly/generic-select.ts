// Element-wise choice between two float32 arrays by a third, with broadcasting.

import { copyRow, fillRow } from "./generic-rows";
import { VECTOR } from "./vector";

/** A vector of a row, or its one element for the whole row. */
@inline
function piece(spread: bool, row: usize, at: usize): v128 {
  return spread ? v128.load32_splat(row) : v128.load(row + at);
}

/** The inner row where the condition varies along it. */
@inline
function selectRow(spreadA: bool, spreadB: bool, count: usize, condition: usize, a: usize, b: usize, out: usize): void {
  const zero = f32x4.splat(0);
  const last = count * 4 - VECTOR;
  for (let at: usize = 0; at < last; at += VECTOR) {
    const chosen = f32x4.ne(v128.load(condition + at), zero);
    v128.store(out + at, v128.bitselect(piece(spreadA, a, at), piece(spreadB, b, at), chosen));
  }
  const chosen = f32x4.ne(v128.load(condition + last), zero);
  v128.store(out + last, v128.bitselect(piece(spreadA, a, last), piece(spreadB, b, last), chosen));
}

/**
 * out [n0, n1, n2, n3] ← a where the condition c is not 0, b elsewhere. `c0` … are steps in bytes, 0 where an operand
 * is stretched, the last one 4 or 0; out is contiguous and apart from the others.
 */
export function select(n0: usize, n1: usize, n2: usize, n3: usize, c: usize, c0: usize, c1: usize, c2: usize, c3: usize, a: usize, a0: usize, a1: usize, a2: usize, a3: usize, b: usize, b0: usize, b1: usize, b2: usize, b3: usize, out: usize): void {
  const row = n3 * 4;
  for (let i: usize = 0; i < n0; i++)
    for (let j: usize = 0; j < n1; j++) {
      let condition = c + i * c0 + j * c1;
      let left = a + i * a0 + j * a1;
      let right = b + i * b0 + j * b1;
      for (const end = out + n2 * row; out < end; out += row, condition += c2, left += a2, right += b2) {
        if (c3 == 0) {
          const holds = load<f32>(condition) != 0;
          const chosen = holds ? left : right;
          if ((holds ? a3 : b3) != 0) copyRow(n3, chosen, out);
          else fillRow(n3, out, load<f32>(chosen));
        } else if (n3 < 4) {
          for (let k: usize = 0; k < n3; k++)
            store<f32>(
              out + k * 4,
              load<f32>(load<f32>(condition + k * 4) != 0 ? left + k * a3 : right + k * b3),
            );
        } else if (a3 == 0) {
          if (b3 == 0) selectRow(true, true, n3, condition, left, right, out);
          else selectRow(true, false, n3, condition, left, right, out);
        } else if (b3 == 0) selectRow(false, true, n3, condition, left, right, out);
        else selectRow(false, false, n3, condition, left, right, out);
      }
    }
}
