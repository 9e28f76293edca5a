// A generated table like those of handwriting: strongly correlated columns, several kinds of rows, edges where many
// values lie.

import type { Random } from "../../random/index.js";
import { type Rows, standardized } from "./tables.js";

const points = 8;
const kinds = 10;
const harmonics = 3;
/** Noise on the drawn points, as a share of the box. */
const blur = 0.01;

/**
 * Strokes of a pen: eight points along a curve, [x₁, y₁, …, x₈, y₈], scaled to the unit box. Every row is one of ten
 * random curves, slanted, bent and written at uneven speed. 16 columns; the scaling puts two values of each row's x
 * and of its y on the box's edges.
 *
 * @param count training rows; half as many are held out
 */
export function strokes(count: number, random: Random): Rows {
  const shapes = random.split("shapes");
  const curves = Array.from({ length: kinds }, () =>
    Array.from({ length: 4 * harmonics }, (_, i) => shapes.normal() / (1 + Math.floor(i / 4))),
  );
  const draws = random.split("rows");
  const dim = 2 * points;
  const total = count + Math.floor(count / 2);
  const rows = new Float64Array(total * dim);
  for (let row = 0; row < total; row++) {
    const own = curves[draws.integer(kinds)].map((value) => value + 0.15 * draws.normal());
    const [slant, speed] = [0.25 * draws.normal(), 0.15 * draws.normal()];
    const drawn = Array.from({ length: points }, (_, i) => {
      const t = i / (points - 1) + speed * Math.sin((Math.PI * i) / (points - 1));
      const [x, y] = position(own, t);
      return [x + slant * y, y];
    });
    for (const axis of [0, 1]) {
      const values = drawn.map((point) => point[axis]);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      for (let i = 0; i < points; i++)
        rows[row * dim + 2 * i + axis] = (values[i] - low) / (high - low) + blur * draws.normal();
    }
  }
  return standardized(rows, dim, count);
}

/** A point of a curve of a few harmonics, t from 0 to 1. */
function position(curve: readonly number[], t: number): [x: number, y: number] {
  let [x, y] = [0, 0];
  for (let k = 0; k < harmonics; k++) {
    const angle = Math.PI * (k + 1) * t;
    x += curve[4 * k] * Math.cos(angle) + curve[4 * k + 1] * Math.sin(angle);
    y += curve[4 * k + 2] * Math.cos(angle) + curve[4 * k + 3] * Math.sin(angle);
  }
  return [x, y];
}
