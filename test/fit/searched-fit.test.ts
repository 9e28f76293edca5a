// A fit that tries several nets: what it keeps, what it says of the others, and how it stops.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  type FitCallbacks,
  type FitEvent,
  type FitOptions,
  type Fitted,
  saveFitted,
} from "../../src/fit/index.js";
import { load } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { expectClose } from "../helpers/index.js";
import { bentTable, type Columns, mean, normalColumn, quickFit } from "./support.js";

const root = await mkdtemp(join(tmpdir(), "logdet-search-"));
afterAll(() => rm(root, { recursive: true }));

/** Few rows, so that nets overfit, and few steps. */
const columns = bentTable(260);
const searched = (options: FitOptions = {}, callbacks: FitCallbacks = {}, table: Columns = columns) =>
  quickFit(table, { search: true, epochs: 40, calibration: 0, ...options }, callbacks);

const runsOf = ({ model }: Fitted) => model.config.training.runs ?? [];
const flat = (table: Columns) => {
  const all = Object.values(table);
  return Array.from(all[0], (_, row) => all.map((values) => values[row]));
};

describe("a fit that searches", () => {
  it("keeps the best of what it tried, by the validation rows, and says what that was", async () => {
    const events: FitEvent[] = [];
    const fitted = await searched({ seed: 1 }, { onEvent: (event) => events.push(event) });
    const { model } = fitted;
    const { training, metrics } = model.config;
    const runs = runsOf(fitted);
    expect(runs.length).toBeGreaterThanOrEqual(4);
    expect(runs.slice(0, 2).map(({ layers }) => layers)).toEqual([4, 8]);
    const nats = runs.map(({ validationLogProb }) => validationLogProb as number);
    const kept = runs.filter((run) => run.kept);
    expect(kept).toContain(runs[nats.indexOf(Math.max(...nats))]);
    if (kept.length === 1) expectClose([metrics.validationLogProb], [Math.max(...nats)], { absolute: 1e-4 });
    else expect(metrics.validationLogProb).toBeGreaterThan(Math.max(...nats));
    expect(training.noise).toBe(runs[nats.indexOf(Math.max(...nats))].noise);
    expect(training.parameters).toBe(model.flow.parameterCount);

    // Listeners heard of the same runs, in the columns' units, and never of more than were announced.
    const told = events.filter((event) => event.type === "run");
    expect(told.map(({ run }) => run)).toEqual(runs.map((_, i) => i + 1));
    expect(told.map(({ setting }) => setting)).toEqual(
      runs.map(({ layers, components, noise, start }) => ({ layers, components, noise, start })),
    );
    const [announced] = events.filter((event) => event.type === "plan");
    expect(new Set(told.map((event) => event.runs))).toEqual(new Set([announced.plan.runs]));
    expect(runs.length).toBeLessThanOrEqual(announced.plan.runs);
    for (const [i, value] of nats.entries()) {
      const evaluations = events.flatMap((event) =>
        event.type === "training" && event.run === i + 1 && event.event.type === "evaluation"
          ? [event.event.validationNll]
          : [],
      );
      // The trainer takes a gain of less than 10⁻⁴ for none.
      expectClose([-Math.min(...evaluations)], [value], { absolute: 2e-4 });
    }

    // The reported mean is that of the model itself.
    const rows = Float64Array.from(
      fitted.validation,
      (value, i) => value * model.columns[i % 3].scale + model.columns[i % 3].center,
    );
    expectClose([mean(await model.logProb(rows))], [metrics.validationLogProb], { absolute: 1e-4 });
    await model.release();
  });

  it("with the same seed tries the same and keeps the same, bit for bit", async () => {
    const weights: Buffer[] = [];
    const tried: unknown[] = [];
    for (const name of ["first", "second"]) {
      const fitted = await searched({ seed: 5, epochs: 25 });
      const path = join(root, name);
      await fitted.model.save(path);
      weights.push(await readFile(join(path, "model.safetensors")));
      tried.push(runsOf(fitted));
      await fitted.model.release();
    }
    expect(tried[1]).toEqual(tried[0]);
    expect(weights[1].equals(weights[0])).toBe(true);
  });

  it("begins with the net that no search would train", async () => {
    const alone = await searched({ seed: 2, epochs: 10, search: false });
    const first = await searched({ seed: 2, epochs: 10 });
    expect(runsOf(alone)).toHaveLength(1);
    expect(runsOf(first)[0].validationLogProb).toBe(runsOf(alone)[0].validationLogProb);
    await alone.model.release();
    await first.model.release();
  });

  it("leaves alone what it was told", async () => {
    const fitted = await searched({ layers: 1, noise: 0.05, epochs: 10 });
    for (const run of runsOf(fitted)) expect(run).toMatchObject({ layers: 1, components: 1, noise: 0.05 });
    await fitted.model.release();
  });
});

describe("a search for one net", () => {
  it("tries what any search tries, and keeps the best alone", async () => {
    const averaged = await searched({ seed: 7 }, {}, bentTable(150));
    const alone = await searched({ seed: 7, members: 1 }, {}, bentTable(150));
    const tried = (fitted: Fitted) => runsOf(fitted).map(({ kept: _, ...run }) => run);
    expect(tried(alone)).toEqual(tried(averaged));
    expect(runsOf(averaged).filter(({ kept }) => kept).length).toBeGreaterThan(1);
    const [kept, ...others] = runsOf(alone).filter((run) => run.kept);
    expect(others).toEqual([]);
    const nats = runsOf(alone).map(({ validationLogProb }) => validationLogProb as number);
    expect(kept.validationLogProb).toBe(Math.max(...nats));
    expect(alone.model.flow.parameterCount).toBeLessThan(averaged.model.flow.parameterCount);
    await averaged.model.release();
    await alone.model.release();
  });
});

describe("a search that is interrupted", () => {
  /** Aborts at the first event that fits, and counts the runs that begin. */
  async function cut(when: (event: FitEvent) => boolean) {
    const controller = new AbortController();
    let begun = 0;
    const fitted = await searched(
      { epochs: 20 },
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === "run") begun++;
          if (when(event)) controller.abort();
        },
      },
    );
    return { fitted, begun };
  }

  const isStep = (event: FitEvent, run: number, step: number) =>
    event.type === "training" && event.run === run && event.event.type === "step" && event.event.step >= step;

  it.each<{ name: string; when: (event: FitEvent) => boolean; runs: number }>([
    { name: "within the first run", when: (event) => isStep(event, 1, 20), runs: 1 },
    {
      name: "between two runs",
      when: (event) => event.type === "training" && event.run === 1 && event.event.type === "end",
      runs: 1,
    },
    { name: "as the second run begins", when: (event) => event.type === "run" && event.run === 2, runs: 2 },
    { name: "within the second run", when: (event) => isStep(event, 2, 20), runs: 2 },
  ])("$name begins no other, and returns the best so far", async ({ when, runs }) => {
    const { fitted, begun } = await cut(when);
    expect(begun).toBe(runs);
    expect(runsOf(fitted)).toHaveLength(runs);
    expect(fitted.stoppedBy).toBe("interrupted");
    const { training, metrics } = fitted.model.config;
    expect(training.stoppedBy).toBe("interrupted");
    const nats = runsOf(fitted).map(({ validationLogProb }) => validationLogProb as number);
    expect(metrics.validationLogProb).toBeGreaterThan(Math.max(...nats) - 1e-4);
    const logProb = await fitted.model.logProb(flat(bentTable(30, 3)));
    expect(logProb.every(Number.isFinite)).toBe(true);
    await fitted.model.release();
  });
});

describe("a mixture of nets", () => {
  it("is fitted, saved, loaded, scored and sampled as any model", async () => {
    const fitted = await quickFit(bentTable(700), { components: 2, layers: 2, epochs: 60 });
    const { model } = fitted;
    const { flow, metrics } = model.config;
    expect(runsOf(fitted)).toMatchObject([{ layers: 2, components: 2, kept: true }]);
    expect(flow.base.type).toBe("mixture");
    expect(flow.base.components).toHaveLength(2);
    expect(metrics.validationLogProb).toBeGreaterThan((metrics.gaussianLogProb as number) + 0.5);

    const folder = join(root, "mixture.logdet");
    await saveFitted(fitted, folder);
    const again = await load(folder, { threads: 1 });
    const rows = flat(bentTable(200, 4));
    expect(await again.logProb(rows)).toEqual(await model.logProb(rows));
    const drawn = await again.sample(4000, { seed: 1 });
    expect(drawn).toEqual(await model.sample(4000, { seed: 1 }));
    // Two humps in the first column, four tenths of the rows in the left one.
    const left = mean(Array.from({ length: 4000 }, (_, row) => +(drawn[3 * row] < -0.5)));
    expect(Math.abs(left - 0.4)).toBeLessThan(0.08);
    await model.release();
    await again.release();
  });

  it("of one column integrates to one", async () => {
    const { model } = await quickFit(
      { x: normalColumn(600).map((x, i) => x + (i % 2 ? 4 : -4)) },
      { components: 2, layers: 2, epochs: 30 },
    );
    const step = 0.02;
    const points = Float64Array.from({ length: 4001 }, (_, i) => (i - 2000) * step);
    const total = (await model.logProb(points)).reduce((sum, value) => sum + step * Math.exp(value), 0);
    expect(Math.abs(total - 1)).toBeLessThan(0.01);
    await model.release();
  });
});

describe("a base with options", () => {
  it("is fitted, saved and loaded", async () => {
    const base = { type: "gumbel-copula", margin: { type: "student-t" } };
    const { model } = await quickFit(bentTable(300), { base, layers: 2, epochs: 15 });
    expect(model.config.flow.base).toMatchObject(base);
    const folder = join(root, "copula.logdet");
    await model.save(folder);
    const again = await load(folder, { threads: 1 });
    const rows = flat(bentTable(50, 2));
    expect(await again.logProb(rows)).toEqual(await model.logProb(rows));
    await model.release();
    await again.release();
  });
});

describe("a column that is hard to start from", () => {
  it("with tails like Cauchy's, or ties and gaps, is fitted all the same", async () => {
    const uniform = normalColumn(1000, 8).map((x) => Math.atan(x) / Math.PI + 0.5);
    const heavy = uniform.map((u) => Math.tan(Math.PI * (0.98 * u + 0.01 - 0.5)) ** 3);
    const ties = normalColumn(1000, 9).map((x) => (x < 0 ? 0 : x < 0.8 ? 1 : 100 + x));
    const fitted = await quickFit({ heavy, ties }, { epochs: 20 });
    const { metrics, training } = fitted.model.config;
    expect(fitted.stoppedBy).toBe("finished");
    expect(metrics.validationLogProb).toBeGreaterThan(metrics.gaussianLogProb as number);
    // It starts close to where it ends, not nats of outliers away.
    expect(training.curve[0].validationNll).toBeLessThan(-(metrics.gaussianLogProb as number));
    await fitted.model.release();
  });
});

describe("where there is nothing but a covariance", () => {
  it("the model is the Gaussian, or one with it, and no worse", async () => {
    const random = new Random(3);
    const [a, b, c] = [0, 1, 2].map(() => random.fillNormal(new Float64Array(300)));
    const table = {
      a,
      b: b.map((value, i) => value + 0.8 * a[i]),
      c: c.map((value, i) => 10 * value - 3 * b[i]),
    };
    const { model } = await quickFit(table, { search: true });
    const { metrics, training, flow } = model.config;
    expect(training.keepsGaussian).toBe(true);
    expect(metrics.validationLogProb).toBeGreaterThan((metrics.gaussianLogProb as number) - 1e-3);
    if (!training.runs?.some(({ kept }) => kept)) expect(flow.base.type).toBe("normal");
    // Its draws have the data's covariance.
    const drawn = await model.sample(20_000, { seed: 2 });
    const covariance = (x: ArrayLike<number>, y: ArrayLike<number>) => {
      const mean = (values: ArrayLike<number>) =>
        Array.from(values).reduce((s, v) => s + v, 0) / values.length;
      const [mx, my] = [mean(x), mean(y)];
      return Array.from(x).reduce((s, v, i) => s + (v - mx) * (y[i] - my), 0) / x.length;
    };
    const column = (d: number) => Float64Array.from({ length: 20_000 }, (_, i) => drawn[3 * i + d]);
    const wanted = covariance(table.a, table.b);
    expect(Math.abs(covariance(column(0), column(1)) - wanted)).toBeLessThan(0.15);
    await model.release();
  });
});
