// How the anomaly benchmark divides labelled tables, judges rankings and false alarms, and sums them up.

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ownDetections, ownDetectors } from "../../bench/lib/anomaly-models.js";
import { peerDetections } from "../../bench/lib/anomaly-peers.js";
import { type AnomalyRow, falseAlarmSummary, judge, means } from "../../bench/lib/anomaly-report.js";
import { expectedFalseAlarms, falseAlarms } from "../../bench/lib/false-alarms.js";
import { divide, labelledNames, labelledTable, rowMajor } from "../../bench/lib/labelled-tables.js";
import { auroc, averagePrecision } from "../../bench/lib/ranking.js";
import { LogdetError } from "../../src/errors.js";
import { Random } from "../../src/random/index.js";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "logdet-anomaly-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("rankings", () => {
  it("have the area and precision that hands compute, ties at one half and flagged together", () => {
    // Pairs won: 0.8 beats both, 0.35 beats 0.1 alone. Precision 1 at the first anomaly, 2/3 at the second.
    expect(auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBeCloseTo(5 / 6, 15);
    // 3 beats all three; 2 beats 1 and ties with two: (3 + 2) / 6. Precision 1, then 2/4 for half the recall.
    expect(auroc([2, 2, 3, 2, 1], [0, 1, 1, 0, 0])).toBeCloseTo(5 / 6, 15);
    expect(averagePrecision([2, 2, 3, 2, 1], [0, 1, 1, 0, 0])).toBe(0.75);
  });

  it("are those of scikit-learn 1.2.1 on sixty rows with twelve distinct scores", () => {
    const places = Array.from({ length: 60 }, (_, i) => i + 1);
    const scores = places.map((i) => (i * i * 7) % 23);
    const labels = places.map((i) => ((i * 5) % 11 < 3 ? 1 : 0));
    // roc_auc_score and average_precision_score.
    expect(auroc(scores, labels)).toBeCloseTo(0.5866666666666667, 14);
    expect(averagePrecision(scores, labels)).toBeCloseTo(0.3149794823314667, 14);
  });

  it("are worth one half when every score is the same, the precision being the anomalies' share", () => {
    expect(auroc([7, 7, 7, 7], [0, 1, 0, 0])).toBe(0.5);
    expect(averagePrecision([7, 7, 7, 7], [0, 1, 0, 0])).toBe(0.25);
  });

  it("put infinite scores at the ends and tie them with each other", () => {
    const { POSITIVE_INFINITY: top, NEGATIVE_INFINITY: bottom } = Number;
    expect(auroc([top, top, 0, bottom], [1, 0, 0, 0])).toBeCloseTo(2.5 / 3, 15);
  });

  it("are refused where there is nothing to rank or a score is NaN", () => {
    expect(() => auroc([1, 2], [0, 0])).toThrow(/0 anomalies and 2 normal rows/);
    expect(() => averagePrecision([1, Number.NaN], [0, 1])).toThrow(/score of row 2 is NaN/);
    expect(() => auroc([1], [0, 1])).toThrow(LogdetError);
  });
});

describe("false alarms", () => {
  it("count the p-values up to the level, the level itself included", () => {
    expect(falseAlarms([0.01, 0.02, 0.05, 0.1, 0.9])).toEqual({ "0.01": 0.2, "0.05": 0.6, "0.1": 0.8 });
    expect(falseAlarms(undefined)).toEqual({ "0.01": null, "0.05": null, "0.1": null });
  });

  it("are expected to be Beta-binomial", () => {
    // scipy 1.10's betabinom(m, k, n + 1 - k): mean and std, divided by m.
    const cases = [
      [0.05, 999, 1000, 0.05, 0.009741924599641228],
      [0.1, 116, 497, 0.09401709401709402, 0.02986265390515472],
      [0.01, 150, 60, 0.006622516556291391, 0.012337083118718454],
    ];
    for (const [level, calibration, test, mean, deviation] of cases) {
      const expected = expectedFalseAlarms(level, { calibration, test });
      expect(expected.mean).toBeCloseTo(mean, 14);
      expect(expected.deviation).toBeCloseTo(deviation, 14);
    }
  });

  it("are none where calibration rows are too few for the level, and start exactly where they suffice", () => {
    expect(expectedFalseAlarms(0.01, { calibration: 98, test: 50 })).toEqual({ mean: 0, deviation: 0 });
    for (const level of [0.01, 0.05, 0.1])
      expect(expectedFalseAlarms(level, { calibration: 99, test: 50 }).mean).toBe(level);
  });
});

/** 200 rows of two normal columns, every tenth an anomaly far off, and a column that varies in anomalies only. */
async function writeLabelled(file: string, label = "label"): Promise<void> {
  const random = new Random(1);
  const lines = Array.from({ length: 200 }, (_, i) => {
    const isAnomaly = i % 10 === 0;
    const shift = isAnomaly ? 6 : 0;
    return `${random.normal() + shift},${random.normal()},${isAnomaly ? i : 5},${isAnomaly ? 1 : 0}`;
  });
  await writeFile(join(folder, file), [`x,"y",constant,${label}`, ...lines].join("\n"));
}

describe("labelled tables", () => {
  it("are the CSV files with a column label, whatever else is in the folder", async () => {
    await writeLabelled("adbench_far.csv");
    await writeLabelled("near.csv", '"label"');
    await writeLabelled("other.csv", "class");
    await writeFile(join(folder, "notes.txt"), "label");
    expect(await labelledNames(folder)).toEqual(["far", "near"]);
  });

  it("are asked for in vain with words that say what there is", async () => {
    await expect(labelledNames(folder)).rejects.toThrow(/no CSV file with a column "label"/);
    await writeLabelled("adbench_far.csv");
    await expect(labelledTable(folder, "fat")).rejects.toMatchObject({ hint: "Tables with a label: far." });
  });

  it("keep the label out of the features and can be cut to rows of both kinds", async () => {
    await writeLabelled("adbench_far.csv");
    const { name, features, labels } = await labelledTable(folder, "adbench_far", { rows: 80 });
    expect(name).toBe("far");
    expect(features.columns.map((column) => column.name)).toEqual(["x", "y", "constant"]);
    expect([features.rows, labels.length]).toEqual([80, 80]);
    // The constant gives the anomalies away.
    expect([...labels]).toEqual([...features.columns[2].values].map((value) => (value === 5 ? 0 : 1)));
  });

  it("are refused when a label is neither 0 nor 1, or there is one kind only", async () => {
    await writeFile(join(folder, "three.csv"), "x,label\n1,0\n2,1\n3,2");
    await expect(labelledTable(folder, "three")).rejects.toThrow("a label must be 0 or 1, got 2");
    await writeFile(join(folder, "one.csv"), "x,label\n1,0\n2,0");
    await expect(labelledTable(folder, "one")).rejects.toThrow("all 2 rows have the label 0");
  });

  it("fit 70 % of the normal rows and are judged on all others, in protocol normal", async () => {
    await writeLabelled("far.csv");
    const table = await labelledTable(folder, "far");
    const { train, test, labels, same } = divide(table, "normal", 4);
    expect([train.rows, test.rows, same]).toEqual([126, 54 + 20, false]);
    expect(labels.filter((label) => label === 1).length).toBe(20);
    expect(new Set(train.columns[2].values)).toEqual(new Set([5]));
    expect([...labels]).toEqual([...test.columns[2].values].map((value) => (value === 5 ? 0 : 1)));
    const all = [...train.columns[0].values, ...test.columns[0].values];
    expect(all.sort()).toEqual([...table.features.columns[0].values].sort());
    expect(divide(table, "normal", 4).test.columns[0].values).toEqual(test.columns[0].values);
    expect(divide(table, "normal", 5).test.columns[0].values).not.toEqual(test.columns[0].values);
  });

  it("fit and judge the same rows, labels unseen, in protocol unsupervised", async () => {
    await writeLabelled("far.csv");
    const table = await labelledTable(folder, "far");
    const { train, test, labels, same } = divide(table, "unsupervised", 4);
    expect([train, test, labels, same]).toEqual([table.features, table.features, table.labels, true]);
  });
});

describe("detections", () => {
  const small = { seed: 2, epochs: 20, layers: 1, search: false } as const;

  it("come with one p-value a test row, calibrated on a tenth of the training rows", async () => {
    await writeLabelled("far.csv");
    const split = divide(await labelledTable(folder, "far"), "normal", 0);
    const found = await ownDetections(split, ownDetectors, small);
    expect(found.map(({ detector }) => detector)).toEqual([
      "combined",
      "density",
      "typicality",
      "latent-norm",
      "prototypes",
      "robust",
    ]);
    for (const detection of found) {
      expect(detection.calibration).toBe(13);
      expect(detection.pValues?.length).toBe(74);
      const row = judge({ table: "far", protocol: "normal", seed: 0 }, split, detection);
      // Anomalies are six standard deviations off.
      expect(row.auroc).toBeGreaterThan(0.98);
      // Thirteen rows: p is a multiple of 1/14, which is above 0.05.
      expect(row.falseAlarm).toMatchObject({ "0.01": 0, "0.05": 0 });
      expect(row.falseAlarmBand).toMatchObject({ "0.01": [0, 0], "0.05": [0, 0] });
      expect(row.falseAlarmP).toMatchObject({ "0.01": 1, "0.05": 1 });
      expect([row.normals, row.anomalies, row.calibration]).toEqual([54, 20, 13]);
    }
  });

  it("use all rows and promise no false-alarm rate where the test rows were fitted", async () => {
    await writeLabelled("far.csv");
    const split = divide(await labelledTable(folder, "far"), "unsupervised", 0);
    const [detection] = await ownDetections(split, ["density"], small);
    expect(detection.scores?.length).toBe(200);
    const row = judge({ table: "far", protocol: "unsupervised", seed: 0 }, split, detection);
    expect([row.falseAlarm["0.1"], row.falseAlarmP["0.1"], row.calibration]).toEqual([null, null, null]);
  });

  it("follow the fit's advice where columns determine each other, and say so", async () => {
    await writeLabelled("far.csv");
    const { features, labels, name } = await labelledTable(folder, "far");
    const [x] = features.columns;
    const twice = { name: "twice", values: x.values.map((value) => 2 * value) };
    const split = divide(
      { name, labels, features: { ...features, columns: [...features.columns, twice] } },
      "normal",
      0,
    );
    const [{ scores, note }] = await ownDetections(split, ["density"], small);
    expect(note).toMatch(/^fitted with jitter 0.01: columns determine each other/);
    expect(auroc(scores ?? [], split.labels)).toBeGreaterThan(0.98);
  });

  it("are none, with the reason, for tables that have no density", async () => {
    await writeLabelled("far.csv");
    const { features, labels, name } = await labelledTable(folder, "far", { rows: 20 });
    const [detection] = await ownDetections(divide({ features, labels, name }, "normal", 0), ["density"]);
    expect(detection).toMatchObject({ detector: "density", scores: null });
    expect(detection.note).toMatch(/^failed: .*at least 20/);
  });

  it("of peers are read from the files that their lines name", async () => {
    await writeLabelled("far.csv");
    const split = divide(await labelledTable(folder, "far"), "normal", 0);
    const python = join(folder, "python");
    // $2 is the folder of the rows: the test rows come back as if they were scores.
    const lines = [
      `'{"detector": "one-class-svm", "seconds": 2, "note": null, "scores": "'$2'/test.npy"}'`,
      `'{"detector": "elliptic-envelope", "seconds": 1, "note": "failed: singular", "scores": null}'`,
    ];
    await writeFile(
      python,
      `#!/bin/sh\nif [ "$1" = "-c" ]; then exit 0; fi\n${lines.map((line) => `echo ${line}`).join("\n")}\n`,
    );
    await chmod(python, 0o755);
    vi.stubEnv("LOGDET_PYTHON", python);
    const found = await peerDetections(split, ["one-class-svm", "elliptic-envelope"], {
      seed: 0,
      threads: 1,
    });
    expect(found[0].scores).toEqual(rowMajor(split.test));
    expect(found[1]).toEqual({
      detector: "elliptic-envelope",
      seconds: 1,
      note: "failed: singular",
      scores: null,
    });
    const row = judge({ table: "far", protocol: "normal", seed: 0 }, split, found[1]);
    expect([row.auroc, row.averagePrecision, row.falseAlarm["0.1"]]).toEqual([null, null, null]);
  });
});

describe("summaries", () => {
  const row = (changed: Partial<AnomalyRow>): AnomalyRow => ({
    ...{ table: "a", protocol: "normal", detector: "density", seed: 0, auroc: 0.8, averagePrecision: 0.5 },
    falseAlarm: { "0.01": 0.01, "0.05": 0.05, "0.1": 0.1 },
    falseAlarmBand: { "0.01": [0.001, 0.025], "0.05": [0.028, 0.078], "0.1": [0.068, 0.137] },
    falseAlarmP: { "0.01": 1, "0.05": 1, "0.1": 1 },
    ...{ seconds: 2, normals: 1000, anomalies: 50, calibration: 999, note: null },
    ...changed,
  });

  it("are means by protocol and detector, the best first, failures counted apart", () => {
    const peer = { detector: "one-class-svm", calibration: null, falseAlarm: falseAlarms(undefined) };
    const rows = [
      row({}),
      row({ table: "b", auroc: 0.6, averagePrecision: 0.1, seconds: 4 }),
      row({ ...peer, auroc: 0.9 }),
      row({ ...peer, table: "b", auroc: null, averagePrecision: null }),
      row({ protocol: "unsupervised", auroc: 0.95 }),
    ];
    expect(means(rows).map(({ protocol, detector }) => `${protocol} ${detector}`)).toEqual([
      "normal one-class-svm",
      "normal density",
      "unsupervised density",
    ]);
    const [svm, density] = means(rows);
    expect(density).toMatchObject({ averagePrecision: 0.3, seconds: 3, tables: 2, failed: 0 });
    expect(density.auroc).toBeCloseTo(0.7, 15);
    expect(svm).toMatchObject({ auroc: 0.9, tables: 1, failed: 1 });
  });

  it("name the table whose false alarms are most above chance, in standard deviations", () => {
    const { deviation } = expectedFalseAlarms(0.05, { calibration: 999, test: 1000 });
    const often = { "0.01": 0.01, "0.05": 0.05 + 3 * deviation, "0.1": 0.1 };
    const summary = falseAlarmSummary([row({}), row({ table: "b", falseAlarm: often })]);
    expect(summary.map(({ level }) => level)).toEqual([0.01, 0.05, 0.1]);
    expect(summary[1]).toMatchObject({ detector: "density", table: "b", expected: 0.05 });
    expect(summary[1].largestExcess).toBeCloseTo(3, 10);
    expect(summary[1].falseAlarm).toBeCloseTo(0.05 + 1.5 * deviation, 12);
  });
});
