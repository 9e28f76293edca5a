// What a flow is at one moment, as pictures need it: its density, rows drawn from it, and what each layer does to a grid.

import type { Flow } from "../../src/flows/flow.js";
import { layersOf } from "../../src/flows/layers.js";
import { draw } from "../../src/model/draw.js";
import { type FloatArray, ParameterStore } from "../../src/runtime/parameter-store.js";
import { Program } from "../../src/runtime/program.js";
import { gridLines } from "../../src/server/studio/layers-grid.js";
import { input, type Tensor } from "../../src/tensor/index.js";
import { Likelihood } from "../../src/training/likelihood.js";
import { lineCount, linePoints, type Stage } from "../page/stage.js";
import type { Grid } from "./grid.js";
import type { Problem } from "./problem.js";

/** A flow after the step of its best evaluation. */
export interface Snapshot {
  readonly step: number;
  /** Its density in the plane. */
  readonly grid: Grid;
  /** Rows drawn from it, row-major [n, 2], in the plane. */
  readonly samples: Float64Array;
  /** Where the grid's lines and some rows are, before the first layer and after each. */
  readonly stages: readonly Stage[];
}

const sampleCount = 1000;
const bentRows = 400;
/** The grid's reach in standard deviations: nearly all rows. */
const reach = [-2.2, 2.2] as const;

interface Parts {
  readonly flow: Flow;
  readonly problem: Problem;
  /** The flow's numbers in float32, whatever they are trained in. */
  readonly store: ParameterStore;
  readonly likelihood: Likelihood;
  readonly stages: Program;
}

/** Looks at a flow as often as one likes. */
export class SnapshotTaker {
  readonly #parts: Parts;
  readonly #names: readonly string[];
  readonly #sampling = new Map<string, Program>();
  readonly #before: Float32Array;

  private constructor(parts: Parts, names: readonly string[]) {
    this.#parts = parts;
    this.#names = names;
    this.#before = Float32Array.from([
      ...gridLines(reach, reach),
      ...parts.problem.validation.subarray(0, 2 * bentRows),
    ]);
  }

  static async create(flow: Flow, problem: Problem): Promise<SnapshotTaker> {
    const store = new ParameterStore(Object.values(flow.parameters));
    const [layers] = layersOf(flow);
    const outputs: Record<string, Tensor> = {};
    let y: Tensor = input("x", ["batch", flow.dim]);
    for (const [i, { bijection }] of layers.entries()) {
      y = bijection.forward(y).y;
      outputs[`stage_${i}`] = y;
    }
    const stages = await Program.compile(outputs, { parameters: store, threads: 1 });
    const likelihood = await Likelihood.create(flow, store, 1);
    const names = layers.map(({ name }) => name);
    return new SnapshotTaker({ flow, problem, store, likelihood, stages }, names);
  }

  /** @param trained where the flow's numbers are, those of this step */
  async take(trained: ParameterStore, step: number): Promise<Snapshot> {
    const { flow, store, likelihood, problem } = this.#parts;
    for (const parameter of Object.values(flow.parameters))
      store.view(parameter).set(trained.view(parameter));
    const { cells, unitsLogDet, toPlane } = problem;
    const logDensity = await likelihood.logProb(cells);
    return {
      step,
      grid: logDensity.map((value) => Math.exp(value + unitsLogDet)),
      samples: toPlane(await this.#samples()),
      stages: await this.#bend(),
    };
  }

  /** The same noise every time, so that the rows move instead of flickering. */
  #samples(): Promise<Float64Array> {
    const { flow, store, problem } = this.#parts;
    return draw(sampleCount, problem.random.split("samples"), {
      name: "sample",
      base: flow.base,
      rows: (latent) => flow.bijection.inverse(latent).x,
      program: async (name, build) => {
        const known = this.#sampling.get(name);
        if (known) return known;
        const program = await Program.compile({ value: build() }, { parameters: store, threads: 1 });
        this.#sampling.set(name, program);
        return program;
      },
    });
  }

  async #bend(): Promise<Stage[]> {
    const before = this.#before;
    const after = await this.#parts.stages.run({ x: before });
    const ends = lineCount * linePoints * 2;
    const stage = (name: string, values: FloatArray): Stage => ({
      name,
      lines: Float32Array.from(values.subarray(0, ends)),
      points: Float32Array.from(values.subarray(ends)),
    });
    return [stage("data", before), ...this.#names.map((name, i) => stage(name, after[`stage_${i}`]))];
  }

  async release(): Promise<void> {
    const { stages, likelihood } = this.#parts;
    for (const program of [stages, likelihood, ...this.#sampling.values()]) await program.release();
  }
}
