// What a saved model tells of its fit: config.json.

import type { Table } from "../data/index.js";
import type { Flow } from "../flows/index.js";
import { type ModelConfig, tailsOf } from "../model/index.js";
import { likeliest, type StopReason } from "../training/index.js";
import { version } from "../version.js";
import { averageLogProb } from "./average.js";
import type { Plan } from "./options.js";
import { columnsFrom, type Prepared } from "./prepare.js";
import { valuesAt } from "./robust.js";
import type { Candidate, Run } from "./train.js";

/** What came of a fit: the final flow, the runs that it is made of, and all that were tried. */
export interface Outcomes {
  readonly flow: Flow;
  /** Undefined where no column is a number, and no net was trained. */
  readonly best: Run | undefined;
  readonly kept: readonly Candidate[];
  readonly runs: readonly Run[];
  readonly stoppedBy: StopReason;
  /** The Gaussian beside the nets, its mean linear in the categories; undefined if it was not wanted, or is singular. */
  readonly gaussian: Candidate | undefined;
  /** Of categories alone: log-probabilities of the validation rows if the columns were independent. */
  readonly independent: Float64Array | undefined;
}

export function describe(
  { flow, best, kept, runs, stoppedBy, gaussian: beside, independent }: Outcomes,
  prepared: Prepared,
  { recipe, steps, epochs, seed, lipschitz, monitor, robust }: Plan,
  table: Table,
  sources: readonly string[],
  seconds: number,
): ModelConfig {
  const { columns, layout, gaussian, trainRows, validationRows, calibrationRows, notices } = prepared;
  const { trainUnits, validationUnits } = prepared;
  const units = { train: meanOf(trainUnits), validation: meanOf(validationUnits) };
  const averaged = averageLogProb(kept.map((candidate) => candidate.logProb));
  const judged = averaged.map((value, row) => value + validationUnits[row]);
  const logProb = valuesAt(judged, likeliest(averaged, robust));
  const mean = meanOf(logProb);
  const variance = logProb.reduce((a, b) => a + (b - mean) ** 2, 0) / Math.max(1, logProb.length - 1);
  const parts = new Map(table.columns.map(({ name, part }) => [name, part]));
  const used = new Set(columns.map(({ name }) => parts.get(name)?.source ?? name));
  const tails = tailsOfNumbers(prepared);
  const isMixed = layout.blocks.length > 0;
  const gaussianLogProb = isMixed ? beside && meanOf(beside.logProb) : gaussian?.heldOut;
  return {
    format: "logdet/1",
    version,
    created: new Date().toISOString(),
    columns: columns.map(({ name, kind, type, categories, missing, quantum, lattice, ...numbers }) => ({
      name,
      kind,
      ...(type && { type }),
      ...(categories && { categories: [...categories] }),
      ...(missing && { missing }),
      ...(parts.get(name) && { part: parts.get(name) }),
      ...(quantum !== undefined && { quantum, lattice: lattice ?? false }),
      center: numbers.center,
      scale: numbers.scale,
      minimum: numbers.minimum,
      maximum: numbers.maximum,
    })),
    flow: flow.config(),
    training: {
      sources: [...sources],
      rows: table.rows,
      trainRows,
      validationRows,
      calibrationRows,
      dropped: table.sourceColumns.filter((name) => !used.has(name)),
      notices: [...notices],
      recipe: recipe.name,
      jacobian: recipe.jacobian,
      optimizer: recipe.optimizer,
      learningRate: recipe.learningRate,
      batch: recipe.batch,
      steps,
      epochs,
      bestStep: best?.trainer.best.step ?? 0,
      stoppedBy,
      noise: best?.setting.noise ?? 0,
      seed,
      seconds,
      parameters: best ? flow.parameterCount : numbersOf(flow),
      runs: runs.map((run) => ({
        ...run.setting,
        validationLogProb: Number.isFinite(run.validationNll) ? units.validation - run.validationNll : null,
        kept: kept.some((candidate) => candidate.run === run),
      })),
      keepsGaussian: kept.some((candidate) => candidate === beside),
      curve: (best?.trainer.history ?? []).map(({ step, trainNll, validationNll }) => ({
        step,
        trainNll: trainNll - units.train,
        validationNll: validationNll - units.validation,
      })),
      ...(lipschitz > 0 && { lipschitz }),
      ...(robust > 0 && { robust }),
      ...(monitor && best && { monitor: structuredClone([...best.trainer.monitored]) }),
    },
    metrics: {
      validationLogProb: mean,
      standardError: Math.sqrt(variance / logProb.length),
      gaussianLogProb: gaussianLogProb === undefined ? null : gaussianLogProb + units.validation,
      ...(independent && { independentLogProb: meanOf(independent) }),
      affineOptimum: gaussian === undefined || isMixed ? null : gaussian.optimum + units.train,
      ...(tails && { tails }),
    },
  };
}

/** How many numbers latent classes are: they are found without training. */
const numbersOf = ({ base }: Flow) =>
  Object.values(base.parameters).reduce((total, { size }) => total + size, 0);

export const meanOf = (values: Float64Array) => values.reduce((a, b) => a + b, 0) / values.length;

/** The tails of the numeric columns, in training and validation rows. */
function tailsOfNumbers({ validation, trainSample, layout: { dim, width } }: Prepared) {
  return tailsOf(
    [validation, trainSample].map((rows) => columnsFrom(rows, width, 0, dim)),
    dim,
  );
}
