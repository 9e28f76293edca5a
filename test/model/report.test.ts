// The report as a reader's browser gets it.

import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { renderModelCard } from "../../src/model/model-card.js";
import { type ReportData, renderReport } from "../../src/model/report/index.js";
import { pairStory } from "../../src/model/report/pair-story.js";
import { gapStory, trainingStory } from "../../src/model/report/sentences.js";
import { runWords } from "../../src/model/run-words.js";
import { exampleCounts, exampleLooks, exampleReport, hostileName } from "./report-example.js";

const open = (data: ReportData) => parseHTML(renderReport(data)).document;

describe("the report", () => {
  const text = renderReport(exampleReport(3));
  const document = parseHTML(text).document;
  const words = document.querySelector("main")!.textContent!.replace(/\s+/g, " ");

  test("asks for nothing and runs nothing", () => {
    expect(text.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:|url\(|@import/i);
    expect(document.querySelectorAll("script, link, img, iframe, [src], [href]").length).toBe(0);
  });

  test("has four figures, each with a picture that names itself and a caption", () => {
    const figures = [...document.querySelectorAll("figure")];
    expect(figures.length).toBe(4);
    for (const figure of figures) {
      expect(figure.querySelector("svg[role=img]")!.getAttribute("aria-label")).toBeTruthy();
      expect(figure.querySelector("figcaption")!.textContent!.length).toBeGreaterThan(20);
    }
  });

  test("gives every section one heading, under a single title", () => {
    expect(document.querySelectorAll("h1").length).toBe(1);
    for (const section of document.querySelectorAll("section"))
      expect(section.querySelectorAll("h2").length).toBe(1);
    expect(document.documentElement.getAttribute("lang")).toBe("en");
  });

  test("says how much more likely than a Gaussian the model finds held-out rows", () => {
    // -2.21 - -5.42 = 3.21; e^3.21 = 24.78
    expect(words).toContain("on average 3.21 nats more likely than a Gaussian with the same covariance does");
    expect(words).toContain("24.8 times as high");
    expect(words).toContain("200 held-out rows is −2.21 nats per row, with a standard error of 0.12");
  });

  test("explains nats once", () => {
    expect(words.match(/e = 2.72/g)!.length).toBe(1);
  });

  test("says when a Gaussian is better, and is silent where there is none", () => {
    const worse = exampleReport(2, {
      metrics: { validationLogProb: -7, standardError: 0.1, gaussianLogProb: -5 },
    });
    expect(open(worse).querySelector("main")!.textContent).toContain("2.00 nats less likely than a Gaussian");
    const none = exampleReport(2, {
      metrics: { validationLogProb: -7, standardError: 0.1, gaussianLogProb: null },
    });
    const sentences = [...open(none).querySelectorAll("main > p")].map((p) => p.textContent);
    expect(sentences.join(" ")).not.toContain("Gaussian");
  });

  test("says what the best affine flow comes to, and nothing of it where there is none", () => {
    expect(words).toContain("no affine flow with a normal base comes below 5.30 nats per row");
    expect(words).toContain("is a Gaussian, and has 5.42 on the validation rows");
    const metrics = { validationLogProb: -7, standardError: 0.1, gaussianLogProb: -5 };
    expect(renderReport(exampleReport(2, { metrics }))).not.toContain("affine flow with");
  });

  test("tells in plain words how the kept weights stretch rows, if somebody looked", () => {
    const { training } = exampleReport(2);
    const looked = open(
      exampleReport(2, { training: { ...training, bestStep: 250, monitor: exampleLooks(5) } }),
    );
    const text = looked.querySelector("main")!.textContent!;
    expect(looked.querySelectorAll("figure").length).toBe(5);
    // The look of step 200: the last before the kept weights.
    expect(text).toContain(
      "At step 200 the net's map from standardised rows to the latent expands volume around 56 %",
    );
    expect(text).toContain("log|det J| is 0.40 nats on average, with a standard deviation of 1.00");
    // 2 · 1.3² = 3.38 and 0.5 · 0.8² = 0.32.
    expect(text).toContain("by at most 3.38 and shrinks them to no less than 0.32 of their size");
    expect(text).toContain("an input change of 1e-7 standard deviations can become 3.4e-7 in the latent");
    expect(text).toContain("in the latent 3.1e-7 standard deviations in a drawn row");
    expect(text).toContain("condition number of J is at most 10.6: float32 arithmetic is accurate here");
    expect(document.querySelector("main")!.textContent).not.toContain("local stretching");
  });

  test("shows categories and missing cells, and says which share differs most", () => {
    const mixed = open(exampleReport(2, { counts: exampleCounts }));
    expect(mixed.querySelectorAll("figure").length).toBe(5);
    const text = mixed.querySelector("main")!.textContent!;
    expect(text).toContain("Categories and missing cells");
    expect(text).toContain(
      "How often 200 held-out rows and 1,000 rows drawn from the model have each category",
    );
    // Pooled shares 730, 250, 220 and 60 of 1,200: gaps of 0.01, 0.11, 0.1 and 0, of which 1.96 standard errors are
    // 0.074, 0.062, 0.059 and 0.033.
    expect(text).toContain("2 shares of 4 differ by more than 1.96 standard errors, as fewer than one would");
    expect(text).toContain("The largest gap is at sort: cherry: 30 % of held-out rows, 19 % of draws.");
    expect(words).not.toContain("Categories and missing cells");
  });

  test("says what a column holds where that is more than its kind", () => {
    const [first, ...others] = exampleReport(4).data.columns;
    const columns = [
      { ...first!, type: "heavy-tailed", missing: true },
      { ...others[0]!, type: "continuous" },
      { ...others[1]!, type: "integer" },
      { ...others[2]!, kind: "categorical", type: "boolean", categories: ["no", "yes"] },
    ];
    const kinds = open(exampleReport(4, { data: { ...exampleReport(4).data, columns } }));
    expect([...kinds.querySelectorAll("tbody td:nth-child(2)")].map((cell) => cell.textContent)).toEqual([
      "continuous, heavy-tailed, may be missing",
      "continuous",
      "discrete, step 1",
      "boolean",
    ]);
    expect(kinds.querySelector("main")!.textContent).toContain(
      "likely than a Gaussian whose mean is linear in the categories",
    );
  });

  test("says what becomes of dates, for those who compute it themselves", () => {
    const [first, second, third] = exampleReport(3).data.columns;
    const columns = [
      { ...first!, name: "when.week", part: { source: "when", cut: 4 } },
      { ...second!, name: "when.hour", part: { source: "when", cut: 4 } },
      { ...third!, name: "day.week", part: { source: "day" } },
    ];
    const dated = renderReport(exampleReport(3, { data: { ...exampleReport(3).data, columns } }));
    expect(dated).toContain("Of dates (when and day) the model takes what varies of week, weekday and hour");
    expect(dated).toContain("Days of when begin at 4 o&#39;clock: earlier hours count from 24 on");
    expect(dated).not.toContain("Days of day");
    expect(renderReport(exampleReport(2))).not.toContain("Of dates");
  });

  test("tells of a penalty on stretching", () => {
    const { training } = exampleReport(2);
    const report = renderReport(exampleReport(2, { training: { ...training, lipschitz: 0.5 } }));
    expect(report).toContain("A penalty of weight 0.5 kept the net from stretching rows");
  });

  test("counts the rows far below the median", () => {
    const heldOutLogProb = [...new Array(49).fill(-1), -12];
    const found = open(exampleReport(2, { heldOutLogProb })).querySelector("main")!.textContent;
    expect(found).toContain("2 % of held-out rows are less likely than the median row by more than 10 nats");
  });

  test("says how many held-out rows are less likely than nearly all rows that the model draws", () => {
    // Draws of 1 to 200: the hundredth quantile is 2.99. Three of 150 held-out rows lie below.
    const drawnLogProb = Array.from({ length: 200 }, (_, i) => i + 1);
    const heldOut = (below: number) => [...new Array(below).fill(0), ...new Array(150 - below).fill(50)];
    const told = (below: number, replaced: Partial<ReportData> = {}) =>
      open(exampleReport(2, { heldOutLogProb: heldOut(below), drawnLogProb, ...replaced }))
        .querySelector("main")!
        .textContent!.replace(/\s+/g, " ");
    // 0.01 + 1.96 √(0.01 · 0.99 (1/150 + 1/200)) = 0.0311.
    expect(told(3)).toContain(
      "The model finds 2 % of held-out rows less likely than 99 of 100 rows that it draws itself, below 2.99 nats. One that " +
        "is right finds 1 %, and with so few rows up to 3.1 %: nothing is wrong here.",
    );
    expect(told(9)).toContain("The model finds 6 % of held-out rows");
    expect(told(9)).toContain("these are more. The data hold rows that the model does not expect");
    const { training } = exampleReport(2);
    expect(told(9, { training: { ...training, robust: 0.05 } })).toContain(
      "these are more. But up to 5 % of the rows may be unlike the others",
    );
    expect(words).not.toContain("rows that it draws itself");
  });

  test("says how far drawn rows are from the data, one column at a time and two", () => {
    const rising = Array.from({ length: 200 }, (_, i) => i);
    const falling = rising.toReversed();
    const told = (names: readonly string[], data: number[][], samples: number[][]) =>
      pairStory({ ...exampleReport(names.length), pairs: { names, data, samples } }).join(" ");
    // √(−½ log(0.05 / 4) · 400 / 40,000) = 0.148; atanh(0.999999) = 7.25, twice that in errors of √(2.12 / 197).
    expect(told(["a", "b"], [rising, rising], [rising, falling])).toContain(
      "One column at a time the two agree: their distribution functions are 0 apart at most, at a, and by chance mostly less " +
        "than 0.15. Their rank correlation is 1.00 in the data, −1.00 in drawn rows: 140 standard errors apart",
    );
    const far = rising.map((value) => value + 100);
    expect(told(["a", "b", "c"], [rising, rising, rising], [rising, far, rising])).toContain(
      "One column at a time the two differ in 1 of 3: the distribution functions are 0.5 apart at most, at b",
    );
    expect(told(["a", "b", "c"], [rising, rising, rising], [rising, rising, falling])).toContain(
      "2 of 3 rank correlations differ by more than 1.96 standard errors, as fewer than one would by chance alone. The widest " +
        "gap is between a and c: 1.00 in the data, −1.00 in drawn rows.",
    );
    expect(told(["a"], [rising], [rising])).not.toContain("correlation");
  });

  test("says how far training and validation rows are apart, and whether that is much", () => {
    const gap = (standardError: number, difference: number) => {
      const data = exampleReport(2);
      const curve = [
        { step: 0, trainNll: 9, validationNll: 99 },
        { step: 100, trainNll: 2, validationNll: 2 + difference },
        { step: 200, trainNll: 1, validationNll: 5 },
      ];
      return gapStory({
        ...data,
        training: { ...data.training, curve, bestStep: 100 },
        metrics: { ...data.metrics, standardError },
      }).join(" ");
    };
    expect(gap(0.1, 0.15)).toContain(
      "the validation rows are 0.15 nats less likely than the training rows: within twice the standard error of the " +
        "validation rows' mean, 0.20. There is no sign",
    );
    expect(gap(0.1, 0.25)).toContain("more than twice the standard error of the validation rows' mean, 0.20");
    expect(gap(0.1, -0.25)).toContain("0.25 nats more likely than the training rows: there is no sign");
  });

  test("says what p-values promise, or that there are none", () => {
    const { data } = exampleReport(2);
    const calibrated = renderReport(exampleReport(2, { data: { ...data, calibrationRows: 99 } }));
    expect(calibrated).toContain("ranks among the 99 rows set apart, so none is below 1 / 100 = 0.01");
    expect(calibrated).not.toContain("no p-values: no rows");
    expect(words).toContain("It gives no p-values: no rows were set apart");
  });

  test("names heavy tails, missing cells and what robustness left out among the limits, where there are such", () => {
    const { data, training } = exampleReport(3);
    const [first, second, third] = data.columns;
    const columns = [{ ...first!, type: "heavy-tailed" }, { ...second!, missing: true }, third!];
    const told = open(
      exampleReport(3, { data: { ...data, columns }, training: { ...training, robust: 0.1 }, tails: ["x"] }),
    ).querySelector("main")!.textContent!;
    expect(told).toContain("The more so for the column of heavy tails (column 1)");
    expect(told).toContain("Some tails differ even within the data");
    expect(told).toContain("Cells may be missing in column 2 only.");
    expect(told).toContain("The least likely 10 % of the training rows had no say.");
    expect(words).toContain("Outside the range of the rows (of column 1, −1,234.5 to 98,765.4;");
    expect(words).not.toMatch(/heavy tails|Cells may be missing|had no say|Some tails differ/);
  });

  test("says whose the mean is where the model has another center", () => {
    const { data } = exampleReport(2);
    const columns = data.columns.map((column) => ({ ...column, type: "positive" }));
    const bounded = exampleReport(2, { data: { ...data, columns } });
    for (const text of [renderReport(bounded), renderModelCard(bounded)])
      expect(text).toContain(
        "Mean and standard deviation of positive, interval and heavy-tailed columns are those of the held-out rows.",
      );
    expect(words).not.toContain("those of the held-out rows");
  });

  test("says how many rows have no finite density", () => {
    const heldOutLogProb = [-1, -2, Number.NEGATIVE_INFINITY];
    expect(renderReport(exampleReport(2, { heldOutLogProb }))).toContain("1 row has no finite log-density");
  });

  test("lists each column with its numbers and each limit that holds", () => {
    const cells = [...document.querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(cells[2]).toEqual(["column 3", "discrete, step 1", "12.5", "2.25", "−1,234.5", "98,765.4"]);
    expect(words).toContain("It has seen 1,000 rows, with 4,321 parameters");
    expect(words).toContain("Discrete columns (column 3) were dequantised");
    expect(open(exampleReport(2)).querySelector("main")!.textContent).not.toContain("dequantised");
  });

  test("shows how to use the model from four places, with its own width", () => {
    const code = [...document.querySelectorAll("pre code")].map((block) => block.textContent!);
    expect(code.length).toBe(4);
    expect(code[0]).toContain("npx logdet score FOLDER row.csv # log_prob -3.21, p_value 0.25");
    expect(code[1]).toContain('import { load } from "logdet"');
    expect(code[1]).toContain("10.5, // column 3");
    expect(code[2]).toContain('session.run(["log_prob"], {"x": rows})');
    expect(code[2]).toContain("10.5,  # column 3");
    expect(code[3]).toContain("[1, 3]");
    expect(code[3]).toContain("onnxruntime-web");
  });
});

describe("the story of training", () => {
  const net = { layers: 4, components: 1, noise: 0, start: 0, kept: false };
  const told = (runs: ReportData["training"]["runs"], noise = 0) => {
    const data = exampleReport(2);
    return trainingStory({ ...data, training: { ...data.training, noise, runs } }).join(" ");
  };

  test("of one net is that of its steps", () => {
    const alone =
      "Training took 3,000 steps, 750 passes over the training rows, in 12 s. It ended because the planned steps were " +
      "done. The weights of step 2,900, under which the validation rows were most likely, were kept.";
    expect(told(undefined)).toBe(alone);
    expect(told([{ ...net, kept: true }])).toBe(alone);
  });

  test("of several names them all, and the one that was kept", () => {
    expect(told([net, { ...net, layers: 8 }, { ...net, layers: 8, noise: 0.1, kept: true }], 0.1)).toBe(
      "3 nets were trained one after another, each for up to 3,000 steps (750 passes over the training rows), in 12 s " +
        "altogether: 4 layers; 8 layers; 8 layers, noise 0.1. Training ended because the planned steps were done. Kept " +
        "was the one under which the validation rows were most likely: 8 layers, noise 0.1. Its weights are those of " +
        "step 2,900, the best by the validation rows. The training rows carried noise of 0.1 standard deviations at " +
        "first, so the training curve may lie above the validation curve.",
    );
  });

  test("of an average names those that it is made of", () => {
    expect(
      told([
        { ...net, kept: true },
        { ...net, layers: 8 },
        { ...net, components: 4, start: 1, kept: true },
      ]),
    ).toContain(
      "The model is the average of 2 densities, under which the validation rows were more likely than under any one: " +
        "4 layers; 4 layers, a mixture of 4, start 2. The curves are those of the best net. Its weights are those of step 2,900",
    );
  });

  test("says where the Gaussian won, or is a part", () => {
    const data = exampleReport(2);
    const story = (kept: boolean) =>
      trainingStory({
        ...data,
        training: { ...data.training, runs: [{ ...net, kept }], keepsGaussian: true },
      }).join(" ");
    expect(story(false)).toContain("One net was trained for up to");
    expect(story(false)).toContain("than under a Gaussian with full covariance, which is the model");
    expect(story(true)).toContain("the average of 2 densities");
    expect(story(true)).toContain("4 layers; a Gaussian with full covariance");
  });

  test("stands in the report as it does in the card", () => {
    const data = exampleReport(2);
    const runs = [net, { ...net, layers: 2, kept: true }];
    const several = { ...data, training: { ...data.training, runs } };
    const sentence = "2 nets were trained one after another";
    expect(open(several).querySelector("main")!.textContent).toContain(sentence);
    expect(renderModelCard(several)).toContain(sentence);
  });
});

test("a net in words", () => {
  const words = (layers: number, components = 1, noise = 0, start = 0) =>
    runWords({ layers, components, noise, start });
  expect([words(1), words(8), words(4, 4), words(8, 1, 0.1), words(8, 2, 0.1, 1)]).toEqual([
    "1 layer",
    "8 layers",
    "4 layers, a mixture of 4",
    "8 layers, noise 0.1",
    "8 layers, a mixture of 2, noise 0.1, start 2",
  ]);
});

test("one column has histograms in place of pairs", () => {
  const document = open(exampleReport(1));
  expect(document.querySelectorAll("figure").length).toBe(4);
  expect(document.querySelectorAll("path.points").length).toBe(0);
  expect(document.querySelector("main")!.textContent).toContain("Filled bars are the data");
});

test("pictures without data are left out", () => {
  const data = exampleReport(2, { pairs: { names: [], data: [], samples: [] }, heldOutLogProb: [], pit: [] });
  const bare = open({ ...data, training: { ...data.training, curve: [] } });
  expect(bare.querySelectorAll("figure, svg").length).toBe(0);
  expect(bare.querySelectorAll("h2").length).toBe(4);
});

test("forty columns show six pairs and twenty-four latent dimensions, in a small file", () => {
  const text = renderReport(exampleReport(40));
  expect(text.length).toBeLessThan(1.5e6);
  const words = parseHTML(text).document.querySelector("main")!.textContent!;
  expect(words).toContain("6 of the model's 40 columns are shown");
  expect(words).toContain("The first 24 of 40 latent dimensions are shown");
});

test("hostile names are text wherever they stand", () => {
  const data = exampleReport(2);
  const hostile = open({
    ...data,
    title: hostileName,
    created: hostileName,
    logdetVersion: hostileName,
    data: {
      ...data.data,
      sources: [hostileName],
      columns: data.data.columns.map((column) => ({ ...column, name: hostileName, kind: hostileName })),
      dropped: [hostileName],
      notices: [hostileName],
    },
    model: { ...data.model, recipe: hostileName, description: hostileName, base: hostileName },
    training: { ...data.training, stoppedBy: hostileName },
    pairs: { ...data.pairs, names: [hostileName, hostileName] },
    pit: data.pit.map((latent) => ({ ...latent, name: hostileName })),
  });
  const plain = open(data);
  const shape = (document: Document) =>
    [...document.querySelectorAll("main > *, main h2, td, p, li, dd")].map((e) => e.localName);
  expect(hostile.querySelectorAll("script, a").length).toBe(0);
  // Two list items more: the notice and the name of what was left out is a paragraph.
  expect(shape(hostile).length).toBe(shape(plain).length + 2);
  expect(hostile.querySelector("h1")!.textContent).toBe(
    '<script>alert("x")</script> | `a\'b` # [x](http://evil.example) & **b**',
  );
  for (const element of hostile.querySelectorAll("*"))
    for (const { name } of element.attributes) expect(name).not.toMatch(/["'<>`]/);
});

test("the same data give the same bytes", () => {
  expect(renderReport(exampleReport(3))).toBe(renderReport(exampleReport(3)));
});
