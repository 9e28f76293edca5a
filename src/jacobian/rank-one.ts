import { LogdetError } from "../errors.js";
import { type FloatArray, Program } from "../runtime/index.js";
import {
  abs,
  add,
  div,
  gradients,
  identity,
  log,
  matmul,
  mul,
  type Parameter,
  reshape,
  sub,
  substitute,
  sum,
  type Tensor,
  topologicalOrder,
} from "../tensor/index.js";
import { type Carried, carry, ensure, readVolume, repair, replace, writeVolume } from "./carried.js";
import type { Companion, CompanionArena, Drift, RunningCompanion, TrainingProblem } from "./companion.js";
import type { JacobianEstimator } from "./estimator.js";
import { beside, named } from "./layer-parts.js";

export interface RankOneOptions {
  /** Steps between two merges. */
  mergeEvery?: number;
  /** Largest |log|1 + v A^{-1} u|| of a merge, nats. */
  largestGrowth?: number;
  /** Steps between two refinements of A^{-1}; a multiple of `mergeEvery`. */
  refineEvery?: number;
}

/** Beyond this ‖I − A A^{-1}‖_F Newton-Schulz may not converge: the matrix is factorised. */
const refinable = 0.5;

/**
 * Rank-one perturbations (P4Inv): W = A + u v with A at rest; only the column u and the row v are trained, and every
 * `mergeEvery` steps they become a part of A.
 *
 *   log|det W| = log|det A| + log|1 + v A^{-1} u|
 *   merge:  A ← A + u v,   A^{-1} ← A^{-1} − (A^{-1} u)(v A^{-1}) / (1 + v A^{-1} u)
 *
 * Exact: the ordinary gradient of the likelihood, for u and v; the loss of a step is the whole likelihood. Cost O(B D²):
 * two products in place of three, plus O(D²) for the determinant and the merges. A merge that would change log|det A| by
 * more than `largestGrowth`, and so ruin A^{-1}, is put off to the next one. Every `refineEvery` steps A^{-1} is refined,
 * A^{-1} (2I − A A^{-1}), O(D³). Memory: D² + 3 numbers a layer beside A, in checkpoints but not in models.
 *
 * Works with every optimizer; its memory of u and v is cleared at a merge. A step sees one direction a layer, so that
 * training takes many more steps; merges every 30 to 300 steps did about equally well with Adam, every 10 did worse. A running average of weights is refused: it does not see A.
 *
 * @throws LogdetError "usage" if an option is out of range, or the net's dense layers are not rank-one-linear.
 * @see Krämer, Köhler and Noé, "Training invertible linear layers through rank-one perturbations", 2020
 * @example const trainer = await Trainer.create(flow, { ...options, estimator: rankOne({ mergeEvery: 50 }) })
 */
export function rankOne({
  mergeEvery = 100,
  largestGrowth = 2,
  refineEvery = 10 * mergeEvery,
}: RankOneOptions = {}): JacobianEstimator {
  const isCount = (value: number) => Number.isInteger(value) && value > 0;
  if (!isCount(mergeEvery) || !isCount(refineEvery) || refineEvery % mergeEvery !== 0 || !(largestGrowth > 0))
    throw new LogdetError(
      "usage",
      `rank-one: mergeEvery and refineEvery must be whole numbers of at least 1, the second a multiple of the first, ` +
        `and largestGrowth positive; got ${mergeEvery}, ${refineEvery} and ${largestGrowth}`,
    );
  return {
    name: "rank-one",
    summary: "trains one direction a layer and merges it: exact, O(D²), many more steps",
    rules: {},
    update: "add",
    exact: true,
    layer: "rank-one-linear",
    movesFixed: true,
    accompany: (problem) => accompany(problem, { mergeEvery, largestGrowth, refineEvery }),
  };
}

/** A layer's numbers: A, what is carried of it, and the correction that is trained. */
interface Layer {
  readonly carried: Carried;
  readonly column: Parameter;
  readonly row: Parameter;
}

function accompany(problem: TrainingProblem, options: Required<RankOneOptions>): Companion {
  const { flow, loss, matrices } = problem;
  const layers = named(flow, "column").flatMap((column): Layer[] => {
    const [row, weight] = [beside(flow, column, "row"), beside(flow, column, "weight")];
    return row && weight ? [{ carried: carry(weight), column, row }] : [];
  });
  if (layers.length === 0 && matrices.length > 0)
    throw new LogdetError("usage", "rank-one: the net has no dense layer that changes by one rank", {
      hint: 'Build it with rankOneLinear, or denseFlow({ layer: "rank-one-linear" }).',
    });

  /** A^{-1} u, v A^{-1}, and 1 + v A^{-1} u. */
  const parts = ({ carried: { inverse }, column, row }: Layer) => {
    const left = matmul(inverse, column);
    return { left, right: matmul(row, inverse), one: add(reshape(matmul(row, left), []), 1) };
  };
  const known = (node: Tensor): Tensor | undefined => {
    const used = topologicalOrder([node.inputs[0]]);
    const layer = layers.find(({ carried }) => used.includes(carried.matrix));
    if (!layer) return undefined;
    const { left, right, one } = parts(layer);
    return node.operation.name === "inverse"
      ? sub(layer.carried.inverse, div(matmul(left, right), one))
      : add(layer.carried.logAbsDet, log(abs(one)));
  };
  const volumes = topologicalOrder([loss]).filter(({ operation }) => operation.name === "logAbsDet");
  const [whole] = substitute(
    [loss],
    new Map(
      volumes.flatMap((node): [Tensor, Tensor][] => {
        const value = known(node);
        return value ? [[node, value]] : [];
      }),
    ),
  );
  return {
    loss: whole,
    gradients: (of) => gradients(whole, of, { rules: problem.rules }),
    parameters: layers.flatMap(({ carried }) => [carried.inverse, carried.volume]),
    known,
    start: (arena) => start(arena, layers, options),
  };
}

async function start(
  arena: CompanionArena,
  layers: readonly Layer[],
  { mergeEvery, largestGrowth, refineEvery }: Required<RankOneOptions>,
): Promise<RunningCompanion> {
  const all = layers.map(({ carried }) => carried);
  const refinements = new Map<Carried, Program>();
  for (const carried of all) refinements.set(carried, await compileRefinement(carried, arena));

  const refine = async (): Promise<Drift> => {
    let worst = 0;
    for (const [carried, program] of refinements) {
      const { refined, error } = await program.run();
      // Also where it is not a number.
      if (!(Math.sqrt(error[0]) < refinable)) return repair(arena, all);
      worst = Math.max(worst, replace(arena.store.view(carried.inverse), refined));
    }
    return { inverse: worst };
  };
  return {
    before: () => ensure(arena, all),
    async after({ step, random }) {
      if (step % mergeEvery !== 0) return undefined;
      for (const [i, layer] of layers.entries()) {
        if (!merge(arena, layer, largestGrowth)) continue;
        const column = arena.store.view(layer.column);
        random.split(`layer ${i}`).fillNormal(column, 1 / Math.sqrt(column.length));
        arena.store.view(layer.row).fill(0);
        for (const slot of arena.slots)
          for (const trained of [layer.column, layer.row]) arena.store.view(trained, slot).fill(0);
      }
      return step % refineEvery === 0 ? refine() : undefined;
    },
    async release() {
      for (const program of refinements.values()) await program.release();
    },
  };
}

/** A ← A + u v, with what is carried of A; false if the change of volume is out of bounds. O(D²). */
function merge(arena: CompanionArena, { carried, column, row }: Layer, largestGrowth: number): boolean {
  const { store } = arena;
  const [u, v] = [store.view(column), store.view(row)];
  const [weight, inverse] = [store.view(carried.matrix), store.view(carried.inverse)];
  const dim = u.length;
  const left = new Float64Array(dim);
  const right = new Float64Array(dim);
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < dim; j++) {
      left[i] += inverse[i * dim + j] * u[j];
      right[j] += v[i] * inverse[i * dim + j];
    }
  const one = 1 + dot(v, left);
  const growth = Math.log(Math.abs(one));
  if (!(Math.abs(growth) <= largestGrowth)) return false;
  for (let i = 0; i < dim; i++)
    for (let j = 0; j < dim; j++) {
      weight[i * dim + j] += u[i] * v[j];
      inverse[i * dim + j] -= (left[i] * right[j]) / one;
    }
  writeVolume(arena, carried, readVolume(arena, carried) + growth);
  return true;
}

function dot(a: FloatArray, b: FloatArray): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

/** One step of Newton-Schulz for A^{-1}, and how far off it was: ‖I − A A^{-1}‖²_F. */
function compileRefinement(
  { matrix, inverse }: Carried,
  { store, threads }: CompanionArena,
): Promise<Program> {
  const off = sub(identity(matrix.shape[0]), matmul(matrix, inverse));
  const refined = add(inverse, matmul(inverse, off));
  return Program.compile({ refined, error: sum(mul(off, off)) }, { parameters: store, threads });
}
