// Tables in which no number varies: their rows' probabilities, in closed form, and all that is made of them.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, describe, expect, it } from "vitest";
import { detectShiftFromModel } from "../../src/drift/index.js";
import { explain, explanationMethodNames } from "../../src/explain/index.js";
import { detect, type FitInput, fit, saveFitted } from "../../src/fit/index.js";
import { parseModelConfig } from "../../src/model/config.js";
import { impute, load, type Model, sampleGiven } from "../../src/model/index.js";
import { Random } from "../../src/random/index.js";
import { mean } from "./support.js";

type Words = Record<string, (string | null)[]>;

/** Two parties that answer six questions each in its own way: shares of "yes". */
const parties = [
  { share: 0.6, yes: [0.9, 0.8, 0.1, 0.9, 0.3, 0.5] },
  { share: 0.4, yes: [0.2, 0.1, 0.8, 0.1, 0.6, 0.5] },
];
const questions = parties[0].yes.map((_, q) => `q${q + 1}`);

function votes(rows: number, seed = 1): Words {
  const random = new Random(seed);
  const answers = Array.from({ length: rows }, () => {
    const { yes } = parties[random.uniform() < parties[0].share ? 0 : 1];
    return yes.map((share) => (random.uniform() < share ? "yes" : "no"));
  });
  return Object.fromEntries(questions.map((name, q) => [name, answers.map((row) => row[q])]));
}

/** Codes, as the model sorts them: no, yes. */
const codesOf = (table: Words) =>
  Array.from({ length: table.q1.length }, (_, row) =>
    questions.map((name) => ["no", "yes"].indexOf(table[name][row] ?? "")),
  );

/** log p of answers, nats, in closed form. */
const truth = (row: readonly number[]) =>
  Math.log(
    parties.reduce(
      (sum, { share, yes }) =>
        sum + row.reduce((product, code, q) => product * (code === 1 ? yes[q] : 1 - yes[q]), share),
      0,
    ),
  );

/** All rows with so many codes in each column. */
const combinations = (sizes: readonly number[]): number[][] =>
  sizes.reduce<number[][]>(
    (rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, code) => [...row, code])),
    [[]],
  );

const total = (logProb: Float64Array) => logProb.reduce((sum, value) => sum + Math.exp(value), 0);

/** Σ_k π_k Π_j p_k(slot), by the numbers that a model keeps, in float64. */
function mixture({ flow, parameters }: Model, slots: readonly number[]): number {
  const [logWeights, logProbabilities] = ["logWeights", "logProbabilities"].map((name) =>
    Array.from(parameters.view(flow.base.parameters[name])),
  );
  const classes = logWeights.length;
  return logWeights.reduce(
    (sum, weight, k) =>
      sum + Math.exp(slots.reduce((part, slot) => part + logProbabilities[slot * classes + k], weight)),
    0,
  );
}

async function run(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const results = await session.run(feeds);
  await session.release();
  return results as Record<string, Tensor>;
}

const rowsTensor = (rows: readonly (readonly number[])[]) =>
  new Tensor("float64", Float64Array.from(rows.flat()), [rows.length, rows[0].length]);

const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const folder = await mkdtemp(join(tmpdir(), "logdet-categories-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a table of yes and no", async () => {
  const saved = join(folder, "votes.logdet");
  const fitted = await fit(votes(4000), { seed: 1, calibration: 0.2 });
  await saveFitted(fitted, saved);
  const { model } = fitted;
  const seen = combinations(questions.map(() => 2));
  const everything = combinations(questions.map(() => 3));
  const logSeen = await model.logProb(seen);
  const freshCodes = codesOf(votes(4000, 9));

  it("has probabilities that add up to 1 over all rows, those with a category never seen among them", async () => {
    expect(Math.abs(total(await model.logProb(everything)) - 1)).toBeLessThan(1e-5);
    expect(total(logSeen)).toBeGreaterThan(0.99);
    expect(total(logSeen)).toBeLessThan(1);
  });

  it("has those of the latent classes that it keeps", async () => {
    const logProb = await model.logProb(everything);
    for (const [i, row] of everything.entries())
      expect(
        Math.abs(
          logProb[i] -
            Math.log(
              mixture(
                model,
                row.map((code, q) => 3 * q + code),
              ),
            ),
        ),
      ).toBeLessThan(2e-6 * (1 + Math.abs(logProb[i])));
  });

  it("finds the parties: fresh rows are within 0.01 nats of the truth, and 0.5 above independent columns", async () => {
    const found = mean(await model.logProb(freshCodes));
    const best = mean(freshCodes.map(truth));
    expect(Math.abs(found - best)).toBeLessThan(0.01);
    const shares = questions.map((_, q) => parties.reduce((sum, { share, yes }) => sum + share * yes[q], 0));
    const independent = mean(
      freshCodes.map((row) =>
        row.reduce((sum, code, q) => sum + Math.log(code ? shares[q] : 1 - shares[q]), 0),
      ),
    );
    expect(found).toBeGreaterThan(independent + 0.5);
    // What the fit says of its held-out rows, each mean with the error of 480 rows.
    const { validationLogProb, independentLogProb = 0, gaussianLogProb } = model.config.metrics;
    expect(Math.abs(validationLogProb - best)).toBeLessThan(0.25);
    expect(Math.abs(independentLogProb - independent)).toBeLessThan(0.1);
    expect(gaussianLogProb).toBeNull();
  });

  it("has p-values that keep their false-alarm rate, ties counted against the row", async () => {
    const p = await model.pValues(freshCodes);
    for (const level of [0.02, 0.05, 0.1, 0.2]) {
      // 800 calibration rows and 4,000 fresh ones.
      const error = Math.sqrt(level * (1 - level) * (1 / 800 + 1 / 4000));
      expect(mean(p.map((value) => (value <= level ? 1 : 0)))).toBeLessThan(level + 3 * error);
    }
    const [unlikely] = await model.pValues([[2, 2, 2, 2, 2, 2]]);
    expect(unlikely).toBeCloseTo(1 / 801, 12);
  });

  it("has no latent, and so no statistic of it; its score function is 0", async () => {
    expect([model.numericDim, (await model.latent(seen)).length]).toEqual([0, 0]);
    expect(model.calibration?.statistics).toEqual(["density", "typicality"]);
    expect(await model.scoreFunction(seen)).toEqual(new Float64Array(64 * 6));
    await expect(model.latentNorm(seen)).rejects.toEqual(refusal("model", /no latent/));
    await expect(model.pValues(seen, { statistic: "latent-norm" })).rejects.toEqual(
      refusal("usage", /latent-norm/),
    );
  });

  it("draws rows as often as they are likely, and none with a category never seen", async () => {
    const n = 20_000;
    const draws = await model.sample(n, { seed: 3 });
    const counts = new Map<string, number>();
    for (let row = 0; row < n; row++) {
      const key = draws.subarray(6 * row, 6 * row + 6).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const probabilities = new Map(seen.map((row, i) => [row.join(), Math.exp(logSeen[i]) / total(logSeen)]));
    expect([...counts.keys()].filter((key) => !probabilities.has(key))).toEqual([]);
    // Pearson's statistic of 64 cells: 63 ± 11.
    let squares = 0;
    for (const [key, p] of probabilities) squares += ((counts.get(key) ?? 0) - n * p) ** 2 / (n * p);
    expect(squares).toBeLessThan(63 + 4 * 11.3);
  });

  it("draws rows given some answers by Bayes' rule", async () => {
    const known = [1, Number.NaN, 0, Number.NaN, Number.NaN, Number.NaN];
    const { rows, memory } = await sampleGiven(model, 5000, known, { seed: 1 });
    expect(memory).toBeUndefined();
    const agreeing = seen.flatMap((row, i) => (row[0] === 1 && row[2] === 0 ? [i] : []));
    const mass = (indices: number[]) => indices.reduce((sum, i) => sum + Math.exp(logSeen[i]), 0);
    for (const q of [1, 3, 4]) {
      const expected = mass(agreeing.filter((i) => seen[i][q] === 1)) / mass(agreeing);
      const share = mean(Array.from({ length: 5000 }, (_, row) => rows[6 * row + q]));
      expect(Math.abs(share - expected)).toBeLessThan(
        4 * Math.sqrt((expected * (1 - expected)) / 5000) + 1e-3,
      );
    }
    expect(rows.every((code, i) => i % 6 !== 0 || code === 1)).toBe(true);
  });

  it("fills a missing answer with the likelier one, as sure as that is", async () => {
    const { rows, spread } = await impute(
      model,
      [
        [1, Number.NaN, 0, 1, 0, 0],
        [0, Number.NaN, 1, 0, 1, 1],
      ],
      { draws: 400, seed: 1 },
    );
    const likelier = [parties[0].yes[1], parties[1].yes[1]].map((share) => (share > 0.5 ? 1 : 0));
    expect([rows[1], rows[7]]).toEqual(likelier);
    const pair = await model.logProb([
      [1, 0, 0, 1, 0, 0],
      [1, 1, 0, 1, 0, 0],
    ]);
    const other = Math.exp(pair[0]) / (Math.exp(pair[0]) + Math.exp(pair[1]));
    expect(Math.abs(spread[1] - other)).toBeLessThan(4 * Math.sqrt((other * (1 - other)) / 400));
  });

  it("has reasons by every method: those that follow slopes give each answer's loss against the other one", async () => {
    const row = [1, 0, 0, 1, 0, 0];
    const [own, ...flipped] = await model.logProb([
      row,
      ...row.map((_, q) => row.map((code, i) => (i === q ? 1 - code : code))),
    ]);
    const loss = flipped.map((value) => Math.max(0, value - own));
    for (const method of explanationMethodNames) {
      const [{ reasons, baseline, logProb }] = await explain(model, [row], { method, seed: 1 });
      const nats = questions.map((name) => reasons.find(({ column }) => column === name)?.nats ?? Number.NaN);
      expect(nats.every(Number.isFinite)).toBe(true);
      if (baseline !== undefined)
        expect(Math.abs(baseline - logProb - nats.reduce((a, b) => a + b, 0))).toBeLessThan(1e-4);
      if (["conditional", "expected-gradients", "smooth-grad", "gradient-deviation"].includes(method))
        for (const [q, value] of nats.entries()) expect(Math.abs(value - loss[q])).toBeLessThan(1e-5);
    }
    const [{ reasons }] = await explain(model, [row], { top: 1 });
    expect(reasons[0]).toMatchObject({ column: "q2", value: "no", expected: "yes" });
  });

  it("comes back from its folder with the same numbers", async () => {
    const again = await load(saved);
    expect(await again.logProb(everything)).toEqual(await model.logProb(everything));
    expect(await again.pValues(seen)).toEqual(await model.pValues(seen));
    await again.release();
  });

  it("runs without logdet: log_prob.onnx gives its log-probabilities to 1e-6, sample.onnx its rows", async () => {
    const bytes = await readFile(join(saved, "onnx/log_prob.onnx"));
    const { log_prob, score, ...others } = await run(bytes, { x: rowsTensor(everything) });
    expect(Object.keys(others)).toEqual([]);
    const logProb = await model.logProb(everything);
    for (const [i, value] of logProb.entries())
      expect(Math.abs(Number(log_prob.data[i]) - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
    expect([score.dims, Array.from(score.data as Float64Array).every((value) => value === 0)]).toEqual([
      [729, 6],
      true,
    ]);
    const uniform = new Random(5).fillUniform(new Float32Array(300 * 7));
    const { x } = await run(await readFile(join(saved, "onnx/sample.onnx")), {
      uniform: new Tensor("float32", uniform, [300, 7]),
    });
    expect(Float64Array.from(x.data as Float64Array)).toEqual(await model.sample(300, { seed: 5 }));
  });

  it("has a card and a report that speak of probabilities, and of nothing that there is not", async () => {
    const card = await readFile(join(saved, "README.md"), "utf8");
    expect(card).toContain("Latent classes that give the joint probability of 6 columns");
    expect(card).toContain("likely than independent columns with the same frequencies do");
    expect(card).toMatch(/\| Independent columns \| −\d/);
    expect(card).toContain("no net was trained");
    expect(card).not.toMatch(/Gaussian|normalizing-flow|per unit of the original columns|NaN|undefined/);
    const report = await readFile(join(saved, "report.html"), "utf8");
    expect(report).toContain("There are no learning curves");
    expect(report).toContain("<h2>Categories and missing cells</h2>");
    expect(report).not.toMatch(
      /<h2>(Learning curves|Latent calibration|Data and model)|Gaussian|NaN|undefined/,
    );
  });

  it("is the same model again from the same seed", async () => {
    const again = await fit(votes(4000), { seed: 1, calibration: 0.2 });
    expect(await again.model.logProb(seen)).toEqual(logSeen);
  });

  it("sees another party's rows as drift", async () => {
    const table = (share: number) => {
      const { columns } = model;
      const random = new Random(4);
      const rows = codesOf(votes(400, 11)).map((row) =>
        row.map((code) => (random.uniform() < share ? 1 - code : code)),
      );
      return {
        ...{ rows: 400, sourceRows: 400, rowIndex: undefined, sourceColumns: questions, notices: [] },
        columns: columns.map(({ name, categories }, q) => ({
          ...{ name, categories: categories ?? [] },
          values: Float64Array.from(rows, (row) => row[q]),
        })),
      };
    };
    const moved = await detectShiftFromModel(model, table(0.4), { permutations: 199 });
    expect([moved.drift, moved.tests.map(({ name }) => name)]).toEqual([true, ["log-density"]]);
    const same = await detectShiftFromModel(model, table(0), { permutations: 199 });
    expect(same.drift).toBe(false);
  });
});

describe("columns that say nothing of each other", async () => {
  const random = new Random(2);
  const draw = (words: readonly string[]) =>
    Array.from({ length: 2000 }, () => words[Math.floor(words.length * random.uniform() ** 2)]);
  const table = { color: draw(["red", "blue", "green"]), size: draw(["S", "L"]), shop: draw(["a", "b"]) };
  const { model } = await fit(table, { seed: 1 });

  it("are found to be independent: a row's probability is the product of its cells'", async () => {
    const rows = combinations([4, 3, 3]);
    const p = (await model.logProb(rows)).map(Math.exp);
    const margin = (column: number, code: number) =>
      rows.reduce((sum, row, i) => sum + (row[column] === code ? p[i] : 0), 0);
    for (const [i, row] of rows.entries())
      expect(p[i] / row.reduce((product, code, d) => product * margin(d, code), 1)).toBeCloseTo(1, 5);
    const { validationLogProb, independentLogProb } = model.config.metrics;
    expect(validationLogProb).toBeCloseTo(independentLogProb ?? 0, 10);
  });

  it("give a category never seen the share of one row over all slots", async () => {
    const { trainRows } = model.config.training;
    const never = combinations([1, 3, 3]).map(([, size, shop]) => [3, size, shop]);
    expect(total(await model.logProb(never)) * 4 * (trainRows + 1)).toBeCloseTo(1, 4);
  });
});

describe("tables of categories at the edges", () => {
  it("may have one column: its frequencies are its probabilities", async () => {
    const color = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? "red" : "blue"));
    const { model } = await fit({ color }, { seed: 1 });
    const p = (await model.logProb([[0], [1], [2]])).map(Math.exp);
    const n = model.config.training.trainRows;
    // One row's worth of evidence is spread over three slots.
    const count = p.map((value) => value * (n + 1) - 1 / 3);
    for (const value of count) expect(Math.abs(value - Math.round(value))).toBeLessThan(1e-3);
    expect(count.reduce((a, b) => a + b, 0)).toBeCloseTo(n, 3);
    expect(Math.abs(p[1] - 0.25)).toBeLessThan(0.03);
    const filled = await impute(model, [[Number.NaN]]);
    expect(Array.from(filled.rows)).toEqual([0]);
  });

  it("are refused where one row repeats", async () => {
    const table = { color: Array(100).fill("red"), size: Array(100).fill("S") };
    await expect(fit(table as FitInput)).rejects.toEqual(refusal("data", /no column varies: color .*red/));
  });

  it("leave a constant number beside them out, and are the same model without it", async () => {
    const table = votes(300);
    const { model } = await fit({ ...table, year: Array(300).fill(2024) }, { seed: 1 });
    const { model: alone } = await fit(table, { seed: 1 });
    expect(model.columns.map(({ name }) => name)).toEqual(questions);
    expect(model.config.training.notices.join()).toMatch(/year \(always 2024\)/);
    const rows = combinations(questions.map(() => 3));
    expect(await model.logProb(rows)).toEqual(await alone.logProb(rows));
  });

  it("may have 20 columns of 100 categories", async () => {
    const random = new Random(3);
    const column = () => Array.from({ length: 1500 }, () => `word ${Math.floor(100 * random.uniform())}`);
    const table = Object.fromEntries(Array.from({ length: 20 }, (_, d) => [`c${d}`, column()]));
    const { model } = await fit(table, { seed: 1 });
    // Every cell has about 1 of 100.
    expect(Math.abs(model.config.metrics.validationLogProb + 20 * Math.log(100))).toBeLessThan(2);
    const draws = await model.sample(10, { seed: 1 });
    expect(draws.every((code) => Number.isInteger(code) && code >= 0 && code < 100)).toBe(true);
    expect((await model.logProb(draws)).every(Number.isFinite)).toBe(true);
  });

  it("have too few rows below 20", async () => {
    await expect(fit(votes(15))).rejects.toEqual(refusal("data", /at least 20/));
  });

  it("say which options have nothing to act on", async () => {
    const notices: string[] = [];
    const { model } = await fit(
      votes(200),
      { layers: 3, robust: 0.1, monitor: true, search: false, seed: 1 },
      { onEvent: (event) => event.type === "notice" && notices.push(event.text) },
    );
    expect(notices.at(-1)).toMatch(/no net is trained\. Without effect here: layers, monitor, robust\.$/);
    const { training } = model.config;
    expect([training.steps, training.curve, training.runs, training.monitor, training.robust]).toEqual([
      0,
      [],
      [],
      undefined,
      undefined,
    ]);
  });

  it("are not loaded with a part of another size", async () => {
    const { model } = await fit(votes(200), { seed: 1 });
    const text = JSON.stringify(model.config);
    expect(parseModelConfig(text)).toEqual(model.config);
    const damaged = text.replace('"dim":18', '"dim":17');
    expect(() => parseModelConfig(damaged)).toThrow(/a part has dim 17/);
  });
});

describe("categories of which some are missing", async () => {
  const random = new Random(6);
  const table = votes(3000);
  // Who says yes to the third question is silent on the first, one time in two.
  const holes = {
    ...table,
    q1: table.q1.map((word, i) => (table.q3[i] === "yes" && random.uniform() < 0.5 ? null : word)),
  };
  const { model } = await fit(holes, { seed: 1, missing: "model" });
  const rows = combinations([4, ...questions.slice(1).map(() => 3)]).map((row) =>
    row.map((code, q) => (q === 0 && code === 3 ? Number.NaN : code)),
  );

  it("have probabilities that add up to 1 with the missing cells", async () => {
    expect(Math.abs(total(await model.logProb(rows)) - 1)).toBeLessThan(1e-5);
  });

  it("are drawn complete, or with cells missing as often as in the data", async () => {
    const complete = await model.sample(3000, { seed: 2 });
    expect(complete.some(Number.isNaN)).toBe(false);
    const drawn = await model.sample(6000, { seed: 2, missing: true });
    const share = (values: Float64Array) =>
      mean(Array.from({ length: 6000 }, (_, row) => (Number.isNaN(values[6 * row]) ? 1 : 0)));
    const silent = mean(holes.q1.map((word) => (word === null ? 1 : 0)));
    expect(Math.abs(share(drawn) - silent)).toBeLessThan(0.03);
  });

  it("have the same probabilities in the ONNX file, where a missing cell is NaN", async () => {
    const saved = join(folder, "holes.logdet");
    await model.save(saved);
    const { log_prob } = await run(await readFile(join(saved, "onnx/log_prob.onnx")), {
      x: rowsTensor(rows),
    });
    for (const [i, value] of (await model.logProb(rows)).entries())
      expect(Math.abs(Number(log_prob.data[i]) - value)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
  });

  it("are filled by the other answers", async () => {
    // Those who say yes to the third question are mostly of the second party, which says no to the first.
    const { rows: filled } = await impute(model, [[Number.NaN, 0, 1, 0, 1, 0]], { seed: 1 });
    expect(filled[0]).toBe(0);
  });
});

describe("detection among categories alone", () => {
  const table = votes(1000);
  // Each with a word of its own: two rows alike would teach the model of the other half a kind of row.
  const odd = { 100: "maybe", 400: "never", 900: "always" };
  for (const name of questions)
    for (const [row, word] of Object.entries(odd)) table[name][Number(row)] = word;

  it("finds rows unlike the others, and says in words what is odd about them", async () => {
    const { anomalies, statistic } = await detect(table, { top: 3, seed: 1 });
    expect(statistic).toBe("density");
    expect(anomalies.map(({ row }) => row).sort((a, b) => a - b)).toEqual(Object.keys(odd).map(Number));
    expect(anomalies[0].words?.[0]).toMatch(
      /"(maybe|never|always)" is \d+\.\d nats less likely than the "(yes|no)" expected/,
    );
  });

  it("refuses statistics of latents and of distances before it fits", async () => {
    for (const statistic of ["latent-norm", "prototypes", "combined"] as const)
      await expect(detect(table, { statistic })).rejects.toEqual(
        expect.objectContaining({
          message: `the statistic ${statistic} is not for tables of categories`,
          hint: expect.stringMatching(/Take density or typicality/),
        }),
      );
  });
});
