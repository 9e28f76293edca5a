import { LogdetError } from "../errors.js";
import { type FloatArray, type ParameterStore, Program } from "../runtime/index.js";
import {
  add,
  div,
  gradients,
  identity,
  input,
  inverse,
  log,
  logAbsDet,
  matmul,
  maximum,
  minimum,
  mul,
  type Parameter,
  sqrt,
  sub,
  substitute,
  sum,
  type Tensor,
  transpose,
} from "../tensor/index.js";
import { type Carried, carry, ensure, readVolume, repair, writeVolume } from "./carried.js";
import type { Companion, CompanionArena, RunningCompanion, TrainingProblem } from "./companion.js";
import { type DenseTerm, denseTerms } from "./dense-terms.js";
import type { JacobianEstimator } from "./estimator.js";
import { relative } from "./relative.js";

export interface TrackedOptions {
  /** μ as a multiple of the learning rate. */
  pace?: number;
  /** Bound on μ‖G‖_F, in (0, 1): larger steps are shortened to it. */
  reach?: number;
  /** Steps between two checks against a fresh factorisation. */
  checkEvery?: number;
}

/**
 * Plain relative descent with the exact log|det W| and W^{-1} carried along: after every step both the likelihood and
 * the sampler are known without a factorisation.
 *
 *   W ← W (I − μG),   G = uᵀΔ + ḡ I,   a = 1 − μḡ,  c = μ/a,  M = I_B − c Δuᵀ
 *   log|det W| grows by D log a + log|det M|,   W^{-1} ← (W^{-1} + c uᵀ M^{-1} (Δ W^{-1})) / a
 *
 * where B < D: O(B D² + B³) beside the four products of `relative`. Where B >= D the identities save nothing, as
 * factorising I − μG or W costs D³ <= B D²: then W is factorised afresh after every step, which does not drift.
 *
 * Exact. The trust region is μ‖G‖_F <= reach < 1, so that I − μG is invertible: every singular value is at least
 * 1 − reach. ‖G‖_F is found from the batch's two Gram matrices, O(B² D). Memory: D² + 3 numbers a layer, in
 * checkpoints but not in models. Rounding makes what is carried drift; every `checkEvery` steps they are compared
 * with a fresh LU, reported (the training event "drift") and repaired, O(D³).
 *
 * μ is `pace` times the learning rate: on tables of 16 and 36 columns, with the rates that suit Adam, a tenth did best.
 *
 * Matrices move by plain descent whatever the optimizer, which moves the biases, curves and base: an element-wise
 * rescaling or a memory would break the low rank. So every optimizer keeps the guarantees, and the path of the matrices
 * is equivariant. A running average of weights is refused: it has other determinants.
 *
 * @throws LogdetError "usage" if an option is out of range, or a matrix belongs to several layers.
 * @example const step = await TrainingStep.create(flow, { estimator: tracked({ reach: 0.3 }), optimizer: adam() })
 */
export function tracked({
  pace = 0.1,
  reach = 0.5,
  checkEvery = 250,
}: TrackedOptions = {}): JacobianEstimator {
  if (
    !(pace > 0 && pace < Infinity) ||
    !(reach > 0 && reach < 1) ||
    !(Number.isInteger(checkEvery) && checkEvery > 0)
  )
    throw new LogdetError(
      "usage",
      `tracked: pace must be positive, reach lie in (0, 1) and checkEvery be a whole number of at least 1, ` +
        `got ${pace}, ${reach} and ${checkEvery}`,
    );
  return {
    name: "tracked",
    summary:
      "plain relative descent that carries log|det W| and W^{-1} along: exact values every step, O(D²)",
    rules: relative.rules,
    update: "own",
    exact: true,
    movesFixed: true,
    accompany: (problem) => accompany(problem, { pace, reach, checkEvery }),
  };
}

function accompany(problem: TrainingProblem, options: Required<TrackedOptions>): Companion {
  const terms = denseTerms(problem);
  if (terms.length < problem.matrices.length)
    throw new LogdetError("usage", "tracked: a matrix is used by more than one layer", {
      hint: "Use the estimator relative, which takes such matrices.",
    });
  const layers = terms.map((term, i) => ({ term, carried: carry(term.matrix), key: i }));
  const carriedOf = new Map(layers.map(({ term, carried }) => [term.matrix, carried]));
  const volumes = new Map(layers.map(({ term, carried }) => [term.volume, carried.logAbsDet]));
  /** In a mixture's gradients the determinants themselves occur. */
  const place = (formulas: readonly Tensor[]) => substitute(formulas, volumes);
  const [loss] = place([problem.loss]);
  return {
    loss,
    gradients: (of) => {
      const found = gradients(problem.loss, of, { rules: problem.rules });
      const known = place(found.filter((gradient) => gradient !== undefined));
      return found.map((gradient) => gradient && known.shift());
    },
    parameters: layers.flatMap(({ carried }) => [carried.inverse, carried.volume]),
    outputs: Object.fromEntries(
      layers.flatMap(({ term, key }) => {
        const [u, delta, share] = place([term.u, term.delta, term.share]);
        return [
          [`u_${key}`, u],
          [`delta_${key}`, delta],
          [`share_${key}`, share],
        ];
      }),
    ),
    known: (node) => {
      const carried = carriedOf.get(node.inputs[0] as Parameter);
      return node.operation.name === "inverse" ? carried?.inverse : carried?.logAbsDet;
    },
    start: (arena) => start(arena, layers, options),
  };
}

type Layer = { readonly term: DenseTerm; readonly carried: Carried; readonly key: number };

async function start(
  arena: CompanionArena,
  layers: readonly Layer[],
  { pace, reach, checkEvery }: Required<TrackedOptions>,
): Promise<RunningCompanion> {
  const { store, kernels, threads } = arena;
  const all = layers.map(({ carried }) => carried);
  // The number of rows is part of a program's shapes. Batches have one size, so there is one program a layer.
  const programs = new Map<string, Promise<Program>>();
  const programOf = ({ carried, key }: Layer, rows: number) => {
    const name = `${key} ${rows}`;
    const existing = programs.get(name) ?? compileStep(carried, rows, reach, store, threads);
    programs.set(name, existing);
    return existing;
  };
  return {
    before: () => ensure(arena, all),
    async after({ learningRate, step, rows, values, clip }) {
      for (const layer of layers) {
        const { matrix } = layer.term;
        const program = await programOf(layer, rows);
        const moved = await program.run({
          u: values[`u_${layer.key}`],
          delta: values[`delta_${layer.key}`],
          share: values[`share_${layer.key}`],
          wanted: scalar(store, pace * learningRate * clip),
        });
        const [weight, gradient] = [store.view(matrix), store.view(matrix, "gradient")];
        // The gradient has been scaled by the clip already, the rate found by the program has it included.
        kernels.addScaled(matrix.size, weight.byteOffset, gradient.byteOffset, -moved.rate[0] / clip);
        if (moved.inverse) {
          store.view(layer.carried.inverse).set(moved.inverse);
          writeVolume(arena, layer.carried, readVolume(arena, layer.carried) + moved.growth[0]);
        } else await repair(arena, [layer.carried]);
      }
      return step % checkEvery === 0 ? repair(arena, all) : undefined;
    },
    async release() {
      for (const program of programs.values()) await (await program).release();
    },
  };
}

const scalar = ({ float }: ParameterStore, value: number): FloatArray =>
  float === "float64" ? Float64Array.of(value) : Float32Array.of(value);

/** The step's rate μ and, if B < D, the growth of log|det W| and the new W^{-1}; for batches of so many rows. */
function compileStep(
  carried: Carried,
  rows: number,
  reach: number,
  store: ParameterStore,
  threads: number | undefined,
): Promise<Program> {
  const [dim] = carried.matrix.shape;
  const [u, delta] = [input("u", [rows, dim]), input("delta", [rows, dim])];
  const [share, wanted] = [input("share", []), input("wanted", [])];
  const old = carried.inverse;
  const isLowRank = rows < dim;

  const product = matmul(transpose(u), delta);
  // ‖uᵀΔ‖² = ⟨u uᵀ, Δ Δᵀ⟩, where the Gram matrices are the smaller ones.
  const square = isLowRank
    ? sum(mul(matmul(u, transpose(u)), matmul(delta, transpose(delta))))
    : sum(mul(product, product));
  const norm = sqrt(maximum(add(square, mul(share, add(mul(2, sum(mul(u, delta))), mul(share, dim)))), 0));
  const rate = minimum(wanted, div(reach, norm));
  if (!isLowRank) return Program.compile({ rate }, { parameters: store, threads });

  const a = sub(1, mul(rate, share));
  const c = div(rate, a);
  const small = sub(identity(rows), mul(c, matmul(delta, transpose(u))));
  const correction = matmul(transpose(u), matmul(inverse(small), matmul(delta, old)));
  const outputs = {
    rate,
    growth: add(mul(dim, log(a)), logAbsDet(small)),
    inverse: div(add(old, mul(c, correction)), a),
  };
  return Program.compile(outputs, { parameters: store, threads });
}
