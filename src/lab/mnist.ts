// Lab: pictures of handwritten digits, 784 dimensions, by dense layers alone.

import { LogdetError } from "../errors.js";
import { gaussianLogProb } from "../fit/gaussian.js";
import { Random } from "../random/index.js";
import type { Figures, Lab, LabOptions } from "./lab.js";
import { type Curve, evaluate, type Scores, train } from "./mnist/nets.js";
import { drawMnist } from "./mnist/picture.js";
import { PixelRows } from "./mnist/pixel-rows.js";
import { blockSums, readMnist, side } from "./mnist-images.js";

interface Size {
  /** Pixels a side of the blocks that are summed. */
  readonly block: 1 | 2 | 4;
  readonly trainingRows: number;
  readonly testRows: number;
  readonly steps: number;
}

const sizeOf = ({ full, smoke }: LabOptions): Size => {
  if (smoke) return { block: 4, trainingRows: 8000, testRows: 1000, steps: 500 };
  return { block: 1, trainingRows: 50_000, testRows: 10_000, steps: full ? 15_000 : 3000 };
};

/** The last pictures of the training file choose the step whose parameters are kept. */
const validationRows = 2000;

/** Nats a picture in pixel space: the bar, and what others measured. */
const bar = 960;
const published = {
  gaussian: 1094.0,
  relative: 1096.5,
  exact: 947.6,
  /** In logit space, its map's Jacobian left out; more is better. */
  logitGaussian: -1366.6,
  logitRelative: -1375.2,
} as const;
/** What the bar is below a Gaussian, a pixel: what counts for smaller pictures. */
const gain = (published.gaussian - bar) / side ** 2;

/** One model's scores, and the pixels of a picture. */
export interface MnistResult extends Scores {
  readonly model: string;
}

/**
 * Whether the dense spline net is as far below the Gaussian measured beside it as the bar is below the published one,
 * a pixel, and below the bar itself where the pictures are whole.
 */
export function judgeMnist(gaussian: Scores, dense: Scores, dim: number): boolean {
  const whole = dim === side ** 2;
  return dense.pixelNats <= gaussian.pixelNats - gain * dim && (!whole || dense.pixelNats <= bar);
}

export const mnist: Lab = {
  name: "mnist",
  claim:
    "Two dense layers, trained by the relative gradient, reach at most 960 nats a picture of MNIST, where a Gaussian with a full covariance has 1094 and the published relative-gradient flow 1096.5.",
  source:
    'Gresele, Fissore, Javaloy, Schölkopf and Hyvärinen, "Relative gradient optimization of the Jacobian term in unsupervised deep learning", NeurIPS 2020; Keller, Peters, Jaini, Hoogeboom, Forré and Welling, "Self normalizing flows", 2020 and 2021',
  duration: "15 min",
  async run(options) {
    const { block, trainingRows, testRows, steps } = sizeOf(options);
    const random = new Random(options.seed);
    const { training, validation, test } = await pictures(block, trainingRows, testRows);
    const testPixels = test.draw(random.split("test noise"));

    options.onProgress?.("a Gaussian with a full covariance");
    const gaussian = gaussianScores(training.draw(random.split("training noise")), testPixels, training);
    const results: MnistResult[] = [{ model: "Gaussian, full covariance", ...gaussian }];
    const curves: Curve[] = [];
    let samples: Float64Array | undefined;
    for (const model of ["two layers, leaky ReLU", "two layers, splines"] as const) {
      options.signal?.throwIfAborted();
      const net = await train(model, training, validation, steps, {
        ...options,
        random: random.split(model),
      });
      try {
        results.push({ model, ...(await evaluate(net, testPixels, test)) });
        curves.push({ model, points: net.points });
        if (model === "two layers, splines") samples = await net.draw(drawn, random.split("samples"));
      } finally {
        await net.release();
      }
    }
    const [, relu, splines] = results;
    if (samples === undefined) throw new LogdetError("numeric", "no samples were drawn");
    const held = judgeMnist(gaussian, splines, training.dim);
    const whole = block === 1;
    return {
      held,
      verdict:
        `${held ? "Nats" : "Did not hold: nats"} a picture of ${training.dim} pixels, lower is better: ` +
        `${results.map(({ model, pixelNats }) => `${model} ${pixelNats.toFixed(1)}`).join("; ")}` +
        `${whole ? ` (published: Gaussian ${published.gaussian}, relative gradient ${published.relative}, exact gradient ${published.exact})` : ""}. ` +
        `In logit space without its map's Jacobian, higher is better: ` +
        `${[gaussian, relu, splines].map(({ logitNats }) => logitNats.toFixed(1)).join("; ")}` +
        `${whole ? ` (published: ${published.logitGaussian}, relative gradient ${published.logitRelative})` : ""}.`,
      figures: [
        ...results.map(
          (result): Figures => ({ ...result, bitsPerPixel: result.pixelNats / (training.dim * Math.LN2) }),
        ),
        ...curves.flatMap(({ model, points }) =>
          points.map(({ step, nats, seconds }): Figures => ({ model, step, validationNats: nats, seconds })),
        ),
      ],
      svg: drawMnist({
        ...{ curves, gaussian: gaussian.pixelNats, side: side / block },
        references: whole
          ? [
              { label: "published, relative", nats: published.relative },
              { label: "published, exact", nats: published.exact },
            ]
          : [],
        data: testPixels.subarray(0, drawn * test.dim),
        samples,
      }),
    };
  },
};

/** Pictures to draw. */
const drawn = 48;

async function pictures(block: 1 | 2 | 4, trainingRows: number, testRows: number) {
  const dim = (side / block) ** 2;
  const levels = 255 * block ** 2 + 1;
  const all = blockSums(await readMnist("training"), block);
  const test = blockSums(await readMnist("test"), block);
  const rows = (values: Uint16Array) => new PixelRows(values, dim, levels);
  return {
    training: rows(all.subarray(0, trainingRows * dim)),
    validation: rows(all.subarray(-validationRows * dim)),
    test: rows(test.subarray(0, testRows * dim)),
  };
}

/** The maximum-likelihood Gaussian in logit space. */
function gaussianScores(training: Float32Array, test: Float32Array, rows: PixelRows): Scores {
  const logits = test.map(rows.logit);
  const logitNats = gaussianLogProb(training.map(rows.logit), logits, rows.dim);
  if (logitNats === undefined) throw new LogdetError("numeric", "the pictures' covariance is singular");
  return { logitNats, pixelNats: rows.cellNats - logitNats - rows.meanLogSlope(logits) };
}
