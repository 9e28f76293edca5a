// What the monitor says of volumes and stretching, against a known map, against differences, and along a run.

import { describe, expect, it } from "vitest";
import { chain, linear } from "../../src/bijections/index.js";
import { mixture, normal, transformed } from "../../src/distributions/index.js";
import { denseFlow, Flow } from "../../src/flows/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore, Program, singularValues } from "../../src/runtime/index.js";
import { input } from "../../src/tensor/index.js";
import { Monitor, type TrainingEvent } from "../../src/training/index.js";
import { determinant, expectClose, finiteDifferences, generate } from "../helpers/index.js";
import { smallTrainer } from "./support.js";

const storeOf = (flow: Flow) => new ParameterStore(Object.values(flow.parameters), { float: "float64" });

/** The singular values are 3 and 1/2, and turned by a rotation on either side. */
const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
const stretch = [3 * c, 3 * s, -0.5 * s, 0.5 * c];
const affine = (weight: readonly number[], bias: readonly number[]) =>
  chain([linear({ dim: 2, noise: 0, start: { weight, bias } })]);

describe("the monitor", () => {
  it("reads a linear map's determinant and singular values off it", async () => {
    const flow = new Flow(affine(stretch, [1, 2]), normal({ dim: 2 }));
    const monitor = await Monitor.create(flow, storeOf(flow));
    const rows = new Random(1).fillNormal(new Float64Array(2 * 50));
    const { volume, stretching } = await monitor.look(rows);
    const logDet = Math.log(1.5);
    expectClose([volume.mean, ...volume.quantiles], new Array(6).fill(logDet), { relative: 1e-12 });
    expect(volume).toMatchObject({ expanded: 1, rows: 50 });
    expect(volume.standardDeviation).toBeLessThan(1e-12);
    expect(stretching?.rows).toBe(8);
    expectClose(
      [
        stretching?.largest,
        stretching?.medianLargest,
        stretching?.smallest,
        stretching?.condition,
      ] as number[],
      [3, 3, 0.5, 6],
      { relative: 1e-12 },
    );
    await monitor.release();
  });

  it.each(["spline", "mixture-of-logistics"] as const)(
    "agrees with differences of the map: %s",
    async (activation) => {
      const dim = 3;
      const flow = denseFlow({
        dim,
        layers: 3,
        activation,
        base: "normal",
        front: true,
        random: new Random(2),
      });
      const store = storeOf(flow);
      const random = new Random(3);
      for (let i = 0; i < store.trainable.length; i++) store.trainable[i] += 0.3 * random.normal();
      const rows = random.fillNormal(new Float64Array(6 * dim));
      const monitor = await Monitor.create(flow, store, { rows: 6 });
      const { volume, stretching } = await monitor.look(rows);

      const x = input("x", ["batch", dim]);
      const program = await Program.compile({ y: flow.bijection.forward(x).y }, { parameters: store });
      const jacobians = [];
      for (let row = 0; row < 6; row++) {
        const at = rows.subarray(row * dim, (row + 1) * dim);
        const each: number[][] = [];
        for (let j = 0; j < dim; j++)
          each.push(
            await finiteDifferences(
              async (moved) => (await program.run({ x: Float64Array.from(moved) })).y[j],
              at,
            ),
          );
        jacobians.push(generate([dim, dim], ([j, i]) => each[j][i]));
      }
      const logDets = jacobians.map((jacobian) => Math.log(Math.abs(determinant(jacobian))));
      const values = jacobians.map(({ data }) => singularValues(data, dim));
      expectClose([volume.mean], [logDets.reduce((a, b) => a + b) / 6], { absolute: 1e-7 });
      expect(volume.expanded).toBe(logDets.filter((value) => value > 0).length / 6);
      expectClose(
        [stretching?.largest, stretching?.smallest, stretching?.condition] as number[],
        [
          Math.max(...values.map((each) => each[0])),
          Math.min(...values.map((each) => each[dim - 1])),
          Math.max(...values.map((each) => each[0] / each[dim - 1])),
        ],
        { relative: 1e-6 },
      );
      await program.release();
      await monitor.release();
    },
  );

  it("follows the net of a mixture that a row belongs to", async () => {
    // One net knows rows around (−5, 0) and stretches them, the other those around (5, 0).
    const components = [
      transformed({ bijection: affine(stretch, [15 * c, 15 * s]), base: normal({ dim: 2 }) }),
      transformed({ bijection: affine([0.1, 0, 0, 0.2], [-0.5, 0]), base: normal({ dim: 2 }) }),
    ];
    const flow = new Flow(affine([1, 0, 0, 1], [0, 0]), mixture({ components }));
    const monitor = await Monitor.create(flow, storeOf(flow));
    const left = await monitor.look(Float64Array.of(-5, 0, -5.1, 0.2));
    expectClose([left.volume.mean, left.stretching?.largest as number], [Math.log(1.5), 3], {
      relative: 1e-10,
    });
    const right = await monitor.look(Float64Array.of(5, 0, 5.5, 0.3));
    expectClose([right.volume.mean, right.stretching?.smallest as number], [Math.log(0.02), 0.1], {
      relative: 1e-10,
    });
    const both = await monitor.look(Float64Array.of(-5, 0, 5, 0));
    expect(both.volume.expanded).toBe(0.5);
    expectClose([both.stretching?.largest, both.stretching?.smallest] as number[], [3, 0.1], {
      relative: 1e-10,
    });
    await monitor.release();
  });

  it("looks at volumes alone beyond 64 columns", async () => {
    const dim = 65;
    const flow = denseFlow({ dim, layers: 1, activation: "spline", base: "normal", front: false });
    const monitor = await Monitor.create(flow, storeOf(flow), { volumeRows: 10 });
    const reading = await monitor.look(new Random(1).fillNormal(new Float64Array(30 * dim)));
    expect(reading.volume.rows).toBe(10);
    expect(reading.stretching).toBeUndefined();
    await monitor.release();
  });
});

describe("a trainer with a monitor", () => {
  const looks = (events: readonly TrainingEvent[]) => events.filter(({ type }) => type === "monitor");

  it("looks at every so manyth evaluation and leaves training as it is", async () => {
    const [watched, alone] = [await smallTrainer({ monitor: { every: 2, rows: 3 } }), await smallTrainer()];
    for (const { trainer } of [watched, alone]) await trainer.run();
    expect(Array.from(watched.trainer.store.values)).toEqual(Array.from(alone.trainer.store.values));
    const steps = watched.trainer.monitored.map(({ step }) => step);
    expect(steps).toEqual([0, 50, 100, 150, 200]);
    expect(looks(watched.events).map((event) => "step" in event && event.step)).toEqual(steps);
    expect(looks(alone.events)).toEqual([]);
    expect(watched.trainer.monitored[0].stretching?.rows).toBe(3);
    for (const { trainer } of [watched, alone]) await trainer.release();
  });

  it("goes on with its readings where a state was taken", async () => {
    const options = { monitor: { rows: 2 }, steps: 100 };
    const whole = await smallTrainer(options);
    await whole.trainer.run();
    const first = await smallTrainer(options);
    const stop = new AbortController();
    const events = first.trainer.run(stop.signal);
    stop.abort();
    await events;
    const second = await smallTrainer(options);
    second.trainer.restore(first.trainer.state());
    await second.trainer.run();
    expect(second.trainer.monitored).toEqual(whole.trainer.monitored);
    for (const { trainer } of [whole, first, second]) await trainer.release();
  });
});
