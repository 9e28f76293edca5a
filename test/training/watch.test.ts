// What a watched training tells of its gradient and its layers, against known maps and steps; and that it trains the same
// net.

import { describe, expect, it } from "vitest";
import { chain, linear, smoothLeakyRelu } from "../../src/bijections/index.js";
import { latentClasses, mixture, normal, transformed } from "../../src/distributions/index.js";
import { fit } from "../../src/fit/index.js";
import { denseFlow, Flow, latentMaps } from "../../src/flows/index.js";
import { exact } from "../../src/jacobian/index.js";
import { constantRate, sgd } from "../../src/optimizers/index.js";
import { Random } from "../../src/random/index.js";
import { ParameterStore, Program } from "../../src/runtime/index.js";
import { input } from "../../src/tensor/index.js";
import { type TrainingEvent, Watch } from "../../src/training/index.js";
import { expectClose } from "../helpers/index.js";
import { smallTrainer } from "./support.js";

const storeOf = (flow: Flow) => new ParameterStore(Object.values(flow.parameters), { float: "float64" });
const matrix = (weight: readonly number[]) => linear({ dim: 2, noise: 0, start: { weight, bias: [1, 2] } });
const watched = (events: readonly TrainingEvent[]) => events.filter((event) => event.type === "watch");

describe("watching", () => {
  it("reads each layer's log|det| off a chain: of matrices, their determinants'", async () => {
    const flow = new Flow(
      chain([matrix([3, 1, 0, 2]), smoothLeakyRelu({ dim: 2, alpha: 0.3 }), matrix([0, 0.5, 1, 0])]),
      normal({ dim: 2 }),
    );
    const rows = Float64Array.of(0.3, -0.7);
    const watch = await Watch.create(flow, storeOf(flow), rows);
    const { gradientNorm, layers, nets } = await watch.look(false);
    const slope = (x: number) => 0.3 + 0.7 / (1 + Math.exp(-x));
    const [a, b] = [0.3 * 3 + 1, 0.3 * 1 - 0.7 * 2 + 2];
    expect({ gradientNorm, nets }).toEqual({ gradientNorm: null, nets: 1 });
    expect(layers.map(({ layer }) => layer)).toEqual(["matrix 1", "smooth leaky relu 1", "matrix 2"]);
    expectClose(
      layers.map(({ logDet }) => logDet),
      [Math.log(6), Math.log(slope(a)) + Math.log(slope(b)), Math.log(0.5)],
      { relative: 1e-12 },
    );
    await watch.release();
  });

  it("tells layers that add up to the map's volume, categories beside", async () => {
    const [dim, sizes] = [2, [3]];
    const flow = denseFlow({
      ...{ dim, sizes, layers: 2, activation: "spline", base: "normal", front: true },
      categories: latentClasses({ sizes }),
      random: new Random(2),
    });
    const store = storeOf(flow);
    const random = new Random(3);
    for (let i = 0; i < store.trainable.length; i++) store.trainable[i] += 0.2 * random.normal();
    const rows = Float64Array.from({ length: 40 * 5 }, (_, i) => {
      const [row, column] = [Math.floor(i / 5), i % 5];
      return column < dim ? random.normal() : Number(column - dim === row % 3);
    });
    const [{ logDet }] = latentMaps(flow, input("x", ["batch", 5]));
    const whole = await Program.compile({ logDet }, { parameters: store });
    const each = Float64Array.from((await whole.run({ x: rows })).logDet);
    const watch = await Watch.create(flow, store, rows);
    const { layers } = await watch.look(false);
    expectClose(
      [layers.reduce((sum, layer) => sum + layer.logDet, 0)],
      [each.reduce((sum, value) => sum + value, 0) / each.length],
      { relative: 1e-10 },
    );
    expect(layers.map(({ layer }) => layer)).toEqual([
      ...["spline 1", "shift by categories 1", "matrix 1", "spline 2"],
      ...["shift by categories 2", "matrix 2", "shift by categories 3"],
    ]);
    await watch.release();
    await whole.release();
  });

  it("shows the first net of a mixture, and says how many there are", async () => {
    const nets = [
      [2, 0, 0, 2],
      [5, 0, 0, 5],
    ].map((weight) => transformed({ bijection: chain([matrix(weight)]), base: normal({ dim: 2 }) }));
    const flow = new Flow(chain([matrix([3, 0, 0, 1])]), mixture({ components: nets }));
    const watch = await Watch.create(flow, storeOf(flow), Float64Array.of(0, 0));
    const reading = await watch.look(false);
    expect(reading.nets).toBe(2);
    expectClose(
      reading.layers.map(({ logDet }) => logDet),
      [Math.log(3), Math.log(4)],
      { relative: 1e-12 },
    );
    await watch.release();
  });

  it("tells the norm of the gradient that the last step went along", async () => {
    const rate = 1e-3;
    const { trainer, events } = await smallTrainer({
      ...{ watch: true, steps: 1, evaluateEvery: 1, learningRate: rate },
      ...{ estimator: exact, optimizer: sgd(), schedule: constantRate(), float: "float64" },
    });
    const before = Float64Array.from(trainer.store.trainable);
    await trainer.run();
    expect(trainer.best.step).toBe(1);
    const moved = before.map((value, i) => (trainer.store.trainable[i] - value) / rate);
    const [first, second] = watched(events);
    expect(first).toMatchObject({ step: 0, gradientNorm: null });
    expectClose([second.gradientNorm ?? 0], [Math.sqrt(moved.reduce((sum, value) => sum + value ** 2, 0))], {
      relative: 1e-6,
    });
    await trainer.release();
  });

  it("changes no number of what is fitted, and is silent unless asked for", async () => {
    const random = new Random(4);
    const columns = {
      a: random.fillNormal(new Float64Array(300)),
      b: random.fillNormal(new Float64Array(300)),
    };
    const fitted = async (watch: boolean) => {
      const events: string[] = [];
      const { model } = await fit(
        columns,
        { search: false, layers: 2, epochs: 60, threads: 1 },
        { watch, onEvent: (event) => events.push(event.type === "training" ? event.event.type : event.type) },
      );
      const rows = Float64Array.of(0.1, 0.2, -1, 3);
      return {
        values: Array.from(await model.logProb(rows)),
        looks: events.filter((type) => type === "watch"),
      };
    };
    const [plain, seen] = [await fitted(false), await fitted(true)];
    expect(seen.values).toEqual(plain.values);
    expect(plain.looks).toEqual([]);
    expect(seen.looks.length).toBeGreaterThan(1);
  });
});
