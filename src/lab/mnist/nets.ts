// The two nets of the lab "mnist": how they are built, trained, scored and drawn from.

import {
  type Bijection,
  chain,
  linear,
  logit,
  quantileKnots,
  rationalQuadraticSpline,
  smoothLeakyRelu,
  standardization,
  throughKnots,
} from "../../bijections/index.js";
import { normal } from "../../distributions/index.js";
import { Flow, whitening } from "../../flows/index.js";
import { relative } from "../../jacobian/index.js";
import type { Random } from "../../random/index.js";
import { Program } from "../../runtime/index.js";
import { input } from "../../tensor/index.js";
import { Trainer } from "../../training/index.js";
import type { LabOptions } from "../lab.js";
import { logitMargin, type PixelRows } from "./pixel-rows.js";

export type NetName = "two layers, leaky ReLU" | "two layers, splines";

/** Mean nats a picture: of the whole numbers, lower is better; and of logits, higher is better. */
export interface Scores {
  readonly pixelNats: number;
  readonly logitNats: number;
}

/** How a net learned. */
export interface Curve {
  readonly model: NetName;
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly step: number;
  /** Of the validation pictures, in pixel space. */
  readonly nats: number;
  /** Wall clock since training began. */
  readonly seconds: number;
}

export interface Net {
  readonly flow: Flow;
  readonly trainer: Trainer;
  readonly points: readonly CurvePoint[];
  /** Pictures drawn from the net, row-major [n, dim], in the unit cube but for what its tails hold beyond. */
  draw(n: number, random: Random): Promise<Float64Array>;
  release(): Promise<void>;
}

const learningRate = 0.003;
const batchSize = 256;
const evaluations = 20;
/** Pictures whose quantiles and covariance a net starts from. */
const startRows = 5000;
/** Pictures on which the loss is watched. */
const watchedRows = 1000;
/** Pieces of the curves on each pixel, and of those between the layers. */
const frontBins = 16;
const bins = 8;
/** Added to the variances, all near 1, where a net starts: pixels of the border hold noise alone. */
const ridge = 1e-3;

/** Logit, standardisation, [a curve a pixel,] dense, curves, dense: a density of the unit cube. */
function build(name: NetName, training: PixelRows, random: Random): Flow {
  const { dim } = training;
  const pixels = training.draw(
    random.split("start"),
    Uint32Array.from({ length: Math.min(startRows, training.rows) }, (_, i) => i),
  );
  const logits = pixels.map(training.logit);
  const { center, scale } = moments(logits, dim);
  const standard = logits.map((value, i) => (value - center[i % dim]) / scale[i % dim]);
  const splines = name === "two layers, splines";
  const knots = splines ? quantileKnots(standard, dim, { bins: frontBins }) : undefined;
  const inFront: Bijection[] = knots ? [rationalQuadraticSpline({ dim, bins: frontBins, knots })] : [];
  const start = whitening(knots ? throughKnots(standard, knots) : standard, dim, { ridge });
  return new Flow(
    chain([
      logit({ dim, alpha: logitMargin }),
      standardization({ dim, center, scale }),
      ...inFront,
      linear({ dim, start, random: random.split("first layer") }),
      splines ? rationalQuadraticSpline({ dim, bins }) : smoothLeakyRelu({ dim }),
      linear({ dim, random: random.split("second layer") }),
    ]),
    normal({ dim }),
  );
}

function moments(rows: Float32Array, dim: number): { center: Float64Array; scale: Float64Array } {
  const count = rows.length / dim;
  const center = new Float64Array(dim);
  const scale = new Float64Array(dim);
  for (let i = 0; i < rows.length; i++) center[i % dim] += rows[i] / count;
  for (let i = 0; i < rows.length; i++) scale[i % dim] += (rows[i] - center[i % dim]) ** 2 / count;
  return { center, scale: scale.map(Math.sqrt) };
}

/** Trains by maximum likelihood with the relative gradient and Adam; keeps the step that validation prefers. */
export async function train(
  name: NetName,
  training: PixelRows,
  validation: PixelRows,
  steps: number,
  { random, threads, signal, onProgress }: LabOptions & { readonly random: Random },
): Promise<Net> {
  onProgress?.(`${name}: where it starts`);
  const flow = build(name, training, random);
  const points: CurvePoint[] = [];
  const started = performance.now();
  const first = Uint32Array.from(
    { length: Math.min(watchedRows, validation.rows, training.rows) },
    (_, i) => i,
  );
  const trainer = await Trainer.create(flow, {
    batches: training.batches({ batchSize, random: random.split("batches") }),
    validation: validation.draw(random.split("validation noise")),
    training: training.draw(random.split("training noise"), first),
    estimator: relative,
    ...{ learningRate, steps, threads, random: random.split("training") },
    evaluateEvery: Math.ceil(steps / evaluations),
    onEvent(event) {
      if (event.type === "step") onProgress?.(`${name}: step ${event.step} of ${steps}`);
      if (event.type !== "evaluation") return;
      const seconds = (performance.now() - started) / 1000;
      points.push({ step: event.step, nats: event.validationNll + validation.cellNats, seconds });
    },
  });
  await trainer.run(signal);
  return {
    ...{ flow, trainer, points },
    async draw(n, random) {
      const noise = input("noise", ["batch", flow.dim]);
      const program = await Program.compile(
        { x: flow.bijection.inverse(noise).x },
        { parameters: trainer.store, threads },
      );
      try {
        const drawn = random.fillNormal(new Float32Array(n * flow.dim));
        return Float64Array.from((await program.run({ noise: drawn })).x);
      } finally {
        await program.release();
      }
    },
    release: () => trainer.release(),
  };
}

/** Of pictures in the unit cube, row-major. */
export async function evaluate({ trainer }: Net, pixels: Float32Array, rows: PixelRows): Promise<Scores> {
  const nll = await trainer.likelihood.nll(pixels);
  return {
    pixelNats: nll + rows.cellNats,
    logitNats: -nll - rows.meanLogSlope(pixels.map(rows.logit)),
  };
}
