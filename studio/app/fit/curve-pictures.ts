// A run's curves: likelihoods, gradients, learning rates, and what each layer does to volumes.

import type { CurvePoint, NetState, RunResult } from "../../../src/server/studio/fit-answers.js";
import { bestOf } from "../../../src/server/studio/run-state.js";
import type { ColorName } from "../../page/palette.js";
import type { Line, LinesPicture } from "./lines-picture.js";

/** Of lines side by side, then again: a search may train six nets, and the sixth has dashes of its own. */
const colors: readonly ColorName[] = ["data", "model", "low", "ink", "muted"];
export const lineColor = (i: number): ColorName => colors[i % colors.length];

/** What a net's line looks like in every picture. */
const lookOf = (i: number) => ({ color: lineColor(i), isSecond: i >= colors.length });

const netName = (net: NetState, i: number) => `${i + 1}: ${net.setting}`;

function lineOf(points: readonly CurvePoint[], read: (point: CurvePoint) => number | null): Line["points"] {
  return points.flatMap((point) => {
    const value = read(point);
    return value === null ? [] : [{ step: point.step, value }];
  });
}

/** Held-out rows solid, training rows dashed, the best of each net ringed. */
export function likelihoodPicture(nets: readonly NetState[], result: RunResult | undefined): LinesPicture {
  return {
    label: "nats a row, lower is better",
    isLowInterest: true,
    lines: [
      ...nets.map((net, i) => ({
        name: netName(net, i),
        ...lookOf(i),
        points: lineOf(net.points, ({ validationNll }) => validationNll),
      })),
      ...nets.map((net, i) => ({
        ...lookOf(i),
        isDashed: true,
        points: lineOf(net.points, ({ trainNll }) => trainNll),
      })),
    ],
    marked: nets.flatMap((net, i) => {
      const best = bestOf(net.points);
      return best ? [{ step: best.step, value: best.validationNll, color: lineColor(i) }] : [];
    }),
    ...(typeof result?.baseline === "number" && {
      rule: {
        value: -result.baseline,
        text: result.baselineIs === "gaussian" ? "a Gaussian" : "independent columns",
      },
    }),
  };
}

export function gradientPicture(nets: readonly NetState[]): LinesPicture {
  return {
    label: "norm",
    isLogarithmic: true,
    lines: nets.map((net, i) => ({
      name: netName(net, i),
      ...lookOf(i),
      points: lineOf(net.points, ({ gradientNorm }) => gradientNorm || null),
    })),
  };
}

export function ratePicture(nets: readonly NetState[]): LinesPicture {
  return {
    label: "learning rate",
    lines: nets.map((net, i) => ({
      name: netName(net, i),
      ...lookOf(i),
      points: lineOf(net.points, ({ learningRate }) => learningRate),
    })),
  };
}

/** Layers by what they are: dense ones, curves, and the rest. */
function kindOf(layer: string): { readonly name: string; readonly color: ColorName } {
  if (layer.startsWith("matrix")) return { name: "dense layers", color: "data" };
  if (layer.startsWith("shift") || layer.startsWith("standardization"))
    return { name: "shifts and scales", color: "low" };
  return { name: "curves, one a column", color: "model" };
}

/** One line a layer, numbered from data to latent where it ends. */
export function layersPicture({ layers, points }: NetState): LinesPicture {
  const named = new Set<string>();
  return {
    label: "log|det|, nats",
    lines: layers.map((layer, i) => {
      const { name, color } = kindOf(layer);
      const isNew = !named.has(name);
      named.add(name);
      return {
        ...{ color, endLabel: String(i + 1) },
        ...(isNew && { name }),
        points: lineOf(points, ({ logDets }) => logDets[i] ?? null),
      };
    }),
  };
}

export const curveColumns = [
  ...["net", "setting", "step", "validation_nll", "train_nll", "learning_rate", "gradient_norm"],
];

export function* curveRows(nets: readonly NetState[]) {
  for (const [i, { setting, points }] of nets.entries())
    for (const { step, validationNll, trainNll, learningRate, gradientNorm } of points)
      yield [i + 1, setting, step, validationNll, trainNll, learningRate, gradientNorm] as const;
}

export const layerColumns = ["layer", "type", "step", "mean_log_det"];

export function* layerRows({ layers, points }: NetState) {
  for (const [i, layer] of layers.entries())
    for (const { step, logDets } of points) yield [i + 1, layer, step, logDets[i] ?? null] as const;
}
