// A smooth map of the plane under which standard normal rows stay standard normal, though it changes volumes.

/** A point of the plane. */
export type Point = readonly [x: number, y: number];

/** Turns the inside of a disc about its centre, the less the farther out; areas stay as they are. */
interface Twist {
  readonly center: Point;
  readonly radius: number;
  /** Radians at the centre. */
  readonly angle: number;
}

/** Both lie inside the unit disc, on either side of its centre. */
const twists: readonly Twist[] = [
  { center: [0.2, 0], radius: 0.78, angle: Math.PI },
  { center: [-0.2, 0], radius: 0.78, angle: Math.PI },
];

/**
 * T = G^{-1} ∘ twists ∘ G, where G takes standard normal rows to rows that are uniform on the unit disc:
 *
 *   G(z) = z √(1 − e^{−‖z‖²/2}) / ‖z‖
 *
 * A twist rotates every circle around its centre c by an angle of its own, θ(d) = a (1 − d⁶/ρ⁶)³ at the distance d < ρ: a
 * smooth bijection of the disc with determinant 1, so uniform rows stay uniform, and normal rows normal. So
 *
 *   log|det J_T(z)| = log p(z) − log p(T(z)) = ½ (‖T(z)‖² − ‖z‖²),
 *
 * which is zero nowhere but by chance.
 */
export function twist(z: Point): Point {
  const r = Math.hypot(...z);
  if (r === 0) return fromDisc(twists.reduce(turn, z));
  const shrink = Math.sqrt(-Math.expm1(-0.5 * r * r)) / r;
  return fromDisc(twists.reduce(turn, [z[0] * shrink, z[1] * shrink]));
}

/** G^{-1}: the point at the same angle whose ‖z‖² is −2 log(1 − ‖w‖²). */
function fromDisc(w: Point): Point {
  const square = w[0] * w[0] + w[1] * w[1];
  if (square === 0) return w;
  const stretch = Math.sqrt((-2 * Math.log1p(-square)) / square);
  return [w[0] * stretch, w[1] * stretch];
}

function turn(w: Point, { center, radius, angle }: Twist): Point {
  const [x, y] = [w[0] - center[0], w[1] - center[1]];
  const inside = 1 - ((x * x + y * y) / (radius * radius)) ** 3;
  if (inside <= 0) return w;
  const by = angle * inside ** 3;
  const [c, s] = [Math.cos(by), Math.sin(by)];
  return [center[0] + c * x - s * y, center[1] + s * x + c * y];
}

/** log|det J| of a map of the plane at z, by central differences of fourth order: it knows nothing of how the map is made. */
export function logAbsDetByDifferences(map: (z: Point) => Point, z: Point, step = 3e-5): number {
  const column = (dx: number, dy: number): Point => {
    const at = (factor: number) => map([z[0] + factor * dx, z[1] + factor * dy]);
    const [near, far] = [
      [at(1), at(-1)],
      [at(2), at(-2)],
    ];
    const slope = (i: 0 | 1) => (8 * (near[0][i] - near[1][i]) - (far[0][i] - far[1][i])) / (12 * step);
    return [slope(0), slope(1)];
  };
  const [a, b] = column(step, 0);
  const [c, d] = column(0, step);
  return Math.log(Math.abs(a * d - b * c));
}
