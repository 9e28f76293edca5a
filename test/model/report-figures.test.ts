// The pictures, read back from their SVG: do the marks say what the numbers say?

import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { calibrate } from "../../src/model/report/calibration.js";
import {
  categoryShares,
  countCategories,
  latentNormality,
  learningCurves,
  logDensityHistogram,
  maximumPoints,
  pairwise,
  volumeAndStretching,
} from "../../src/model/report/index.js";
import { palette } from "../../src/model/report/palette.js";
import { Random } from "../../src/random/index.js";
import { exampleCounts, exampleLooks, exampleReport, hostileName } from "./report-example.js";

const data = exampleReport(6);
const none = { gaussianLogProb: null };
const figures: Record<string, string> = {
  "learning curves": learningCurves(data.training, data.metrics),
  "log-density histogram": logDensityHistogram(data.heldOutLogProb),
  pairwise: pairwise(data.pairs, data.data.columns),
  "latent normality": latentNormality(data.pit),
  "learning curves of one step": learningCurves(
    { ...data.training, curve: data.training.curve.slice(0, 1), bestStep: 0 },
    none,
  ),
  "learning curves with a diverged step": learningCurves(
    {
      ...data.training,
      curve: [
        ...data.training.curve,
        { step: 3100, trainNll: Number.NaN, validationNll: Number.POSITIVE_INFINITY },
      ],
    },
    { gaussianLogProb: 5.42 },
  ),
  "empty learning curves": learningCurves({ ...data.training, curve: [] }, none),
  "volume and stretching": volumeAndStretching(exampleLooks(12), 500),
  "volume alone": volumeAndStretching(
    exampleLooks(3).map(({ step, volume }) => ({ step, volume })),
    200,
  ),
  "one look": volumeAndStretching(exampleLooks(1), 0),
  "histogram of one row": logDensityHistogram([-3]),
  "histogram of equal rows": logDensityHistogram(new Array(50).fill(-1e9)),
  "histogram of no row": logDensityHistogram([Number.NaN, Number.NEGATIVE_INFINITY]),
  "one column": pairwise(
    { names: ["a"], data: data.pairs.data.slice(0, 1), samples: data.pairs.samples.slice(0, 1) },
    [],
  ),
  "a constant column": pairwise(
    {
      names: ["a", "b"],
      data: [
        [5, 5, 5],
        [1, 2, 3],
      ],
      samples: [
        [5, 5, 5],
        [Number.NaN, 2, 3],
      ],
    },
    [],
  ),
  "columns without rows": pairwise({ names: ["a", "b"], data: [[], []], samples: [[], []] }, []),
  "latent without rows": latentNormality([{ name: "z", values: [] }]),
  "hostile names": pairwise({ ...data.pairs, names: data.pairs.names.map(() => hostileName) }, []),
  "category shares": categoryShares(exampleCounts),
  "category shares of no row": categoryShares({ ...exampleCounts, rows: 0, draws: 0 }),
  "a column without a category": categoryShares({ rows: 5, draws: 5, columns: [{ name: "a", bars: [] }] }),
  "hostile categories": categoryShares({
    rows: 3,
    draws: 3,
    columns: [{ name: hostileName, bars: [{ name: hostileName, data: 3, model: 1 }] }],
  }),
  "hostile latent": latentNormality([{ name: hostileName, values: [0.1, 0.5, 0.9] }]),
};

describe.each(Object.entries(figures))("the picture: %s", (_, svg) => {
  test("is well-formed XML that describes itself", () => {
    expect(unclosed(svg)).toEqual([]);
    const root = read(svg);
    expect(root.getAttribute("role")).toBe("img");
    expect(root.getAttribute("aria-label")!.length).toBeGreaterThan(20);
  });

  test("has no NaN, infinity or missing value in any attribute", () => {
    for (const element of [read(svg), ...read(svg).querySelectorAll("*")])
      for (const { name, value } of element.attributes)
        if (!name.startsWith("aria-"))
          expect(value, `${element.localName} ${name}`).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  test("refers to nothing outside itself", () => {
    expect(svg.replaceAll('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|url\(|href|<script/i,
    );
  });
});

describe("learning curves", () => {
  const root = read(figures["learning curves"]!);

  test("mark the kept step with its value", () => {
    const best = data.training.curve.find((point) => point.step === 2900)!;
    expect(root.querySelector(".best title")!.textContent).toBe(
      `step 2,900: ${best.validationNll.toFixed(2)} nats per row`,
    );
  });

  test("draw a line each for training and validation rows, and one of each for the best affine flow", () => {
    const [training, validation] = [...root.querySelectorAll("[aria-label=line] path")].map(coordinates);
    expect(training!.length).toBeGreaterThan(20);
    // Training lies below validation by 0.2 nats at every step; SVG counts from the top.
    expect(training!.at(-1)![1]).toBeGreaterThan(validation!.at(-1)![1]);
    expect(training!.at(-1)![0]).toBe(validation!.at(-1)![0]);
    const lines = [...root.querySelectorAll(".gaussian line, line.gaussian")];
    expect(lines.map((line) => line.getAttribute("stroke"))).toEqual(["var(--data)", "var(--model)"]);
    // At their values: on the axis that the curves have, whose ends are known here.
    const [first, second] = lines.map((line) => Number(line.getAttribute("y1")));
    const perNat = (validation!.at(-1)![1] - training!.at(-1)![1]) / 0.2;
    const { affineOptimum, gaussianLogProb } = data.metrics;
    expect((second! - first!) / perNat).toBeCloseTo((affineOptimum as number) - gaussianLogProb!, 2);
    expect(root.textContent).toContain("best affine flow (Gaussian)");
  });

  test("speak of a Gaussian alone where no affine flow is known to be the best, as with categories", () => {
    const drawn = read(learningCurves(data.training, { ...data.metrics, affineOptimum: null }));
    expect(drawn.textContent).toContain("a Gaussian");
    expect(drawn.textContent).not.toContain("affine");
  });

  test("say where the best affine flow is when it is far above them", () => {
    const far = learningCurves(data.training, { gaussianLogProb: -500.126, affineOptimum: -499 });
    expect(read(far).textContent).toContain("↑ best affine flow (Gaussian): 500.13");
    expect(read(far).querySelectorAll(".gaussian line, line.gaussian").length).toBe(0);
  });

  test("make room for an affine flow that is better than the net, and say so if it is far better", () => {
    const near = read(learningCurves(data.training, { gaussianLogProb: 0, affineOptimum: 0.1 }));
    expect(near.querySelectorAll(".gaussian line, line.gaussian").length).toBe(2);
    const far = read(learningCurves(data.training, { gaussianLogProb: 100, affineOptimum: 101 }));
    expect(far.textContent).toContain("↓ best affine flow (Gaussian): −100.00");
  });

  test("draw one dashed line for models that know only the validation rows' Gaussian", () => {
    const old = read(learningCurves(data.training, { gaussianLogProb: -4 }));
    expect(old.querySelectorAll(".gaussian line, line.gaussian").length).toBe(1);
  });

  test("leave out the Gaussian where there is none", () => {
    expect(learningCurves(data.training, none)).not.toContain("Gaussian");
  });
});

describe("the picture of volume and stretching", () => {
  const looks = exampleLooks(12);
  const root = read(volumeAndStretching(looks, 500));

  test("has a line for the mean volume and for the largest and smallest singular values", () => {
    const lines = [...root.querySelectorAll("[aria-label=line] path")];
    expect(lines.map((path) => path.parentElement!.getAttribute("stroke"))).toEqual([
      "var(--data)",
      "var(--model)",
      "var(--low)",
    ]);
    for (const path of lines) expect(coordinates(path).length).toBe(12);
    // Volumes rise in the example, and so do the largest singular values, while the smallest fall.
    const [volume, largest, smallest] = lines.map((path) => slope(coordinates(path)));
    expect([Math.sign(volume!), Math.sign(largest!), Math.sign(smallest!)]).toEqual([-1, -1, 1]);
    expect(root.querySelectorAll(".best line, line.best").length).toBe(2);
  });

  test("leaves the singular values out where nobody looked at them", () => {
    const alone = volumeAndStretching(
      looks.map(({ step, volume }) => ({ step, volume })),
      500,
    );
    expect(read(alone).querySelectorAll("[aria-label=line] path").length).toBe(1);
    expect(alone).not.toContain("singular");
  });
});

describe("the histogram of log-density", () => {
  const random = new Random(3);
  // A heavy tail on both sides, so that both outermost bars gather some.
  const values = Array.from({ length: 3000 }, () => -20 + 3 * random.normal() ** 5);
  const root = read(logDensityHistogram([...values, Number.NaN, Number.NEGATIVE_INFINITY]));
  const bars = [...root.querySelectorAll(".bars rect")];
  const rows = (bar: Element) => Number(/: ([\d,]+) rows?$/.exec(bar.textContent!)![1]!.replace(",", ""));
  const total = (counted: Element[]) => counted.reduce((sum, bar) => sum + rows(bar), 0);

  test("holds every finite row in exactly one bar", () => {
    expect(total(bars)).toBe(3000);
    expect(bars[0]!.textContent).toMatch(/^below /);
    expect(bars.at(-1)!.textContent).toMatch(/^above /);
  });

  test("draws bars as high as their counts", () => {
    const tallest = bars.reduce((a, b) => (rows(a) > rows(b) ? a : b));
    const perRow = Number(tallest.getAttribute("height")) / rows(tallest);
    for (const bar of bars)
      expect(Math.abs(Number(bar.getAttribute("height")) - rows(bar) * perRow)).toBeLessThan(1.1);
  });

  test("colours the lowest hundredth, and only that", () => {
    expect(total(bars.filter((bar) => bar.getAttribute("fill") === "var(--low)"))).toBe(30);
    expect(root.querySelectorAll(".threshold line, line.threshold").length).toBe(1);
  });
});

describe("the pairwise picture", () => {
  const root = read(figures.pairwise!);
  const clouds = [...root.querySelectorAll("path.points")];

  test("has the data below the diagonal and the model above", () => {
    expect(clouds.map((cloud) => cloud.getAttribute("stroke"))).toEqual(
      Array.from({ length: 36 }, (_, k) => [Math.floor(k / 6), k % 6] as const)
        .filter(([row, column]) => row !== column)
        .map(([row, column]) => (row > column ? "var(--data)" : "var(--model)")),
    );
  });

  test("draws as many points of either, up to the ends of the axes", () => {
    for (const cloud of clouds) {
      const count = cloud.getAttribute("d")!.match(/M/g)!.length;
      expect(count).toBeLessThanOrEqual(400);
      expect(count).toBeGreaterThan(380);
    }
  });

  test("puts points where the numbers are", () => {
    const x = [0, 1, 2, 3, 4];
    const y = [0, 10, 20, 30, 40];
    const svg = pairwise({ names: ["a", "b"], data: [x, y], samples: [x, [...y].reverse()] }, []);
    const [model, rows] = [...read(svg).querySelectorAll("path.points")].map(coordinates);
    // Up to the right for the data; down to the right for the model, whose panel has b across and a up.
    expect(slope(rows!)).toBeLessThan(0);
    expect(slope(model!)).toBeGreaterThan(0);
  });

  test("draws at most a fixed number of points and six columns", () => {
    const many = Array.from({ length: 8 }, () => Array.from({ length: 5000 }, (_, i) => i % 97));
    const svg = pairwise({ names: many.map((_, j) => `c${j}`), data: many, samples: many }, []);
    const paths = [...read(svg).querySelectorAll("path.points")];
    expect(paths.length).toBe(30);
    for (const path of paths) expect(coordinates(path).length).toBeLessThanOrEqual(maximumPoints);
  });

  test.each([
    ["as they are", 0],
    ["with the noise of their cells", 0.98],
  ])("gives each value of a discrete column a bar of its own, rows %s", (_, noise) => {
    const random = new Random(8);
    const dice = Array.from({ length: 600 }, (_, i) => 1 + (i % 6) + noise * (random.uniform() - 0.5));
    const column = {
      name: "dice",
      kind: "discrete",
      quantum: 1,
      mean: 3.5,
      standardDeviation: 1.7,
      minimum: 1,
      maximum: 6,
    };
    const svg = pairwise({ names: ["dice"], data: [dice], samples: [dice] }, [column]);
    const heights = [...read(svg).querySelectorAll(".bars rect")].map((bar) =>
      Number(bar.getAttribute("height")),
    );
    expect(heights.length).toBe(6);
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(0.02);
  });
});

describe("the picture of categories", () => {
  test("has two bars a category, as long as the shares of held-out rows and of draws", () => {
    const bars = [...read(figures["category shares"]!).querySelectorAll(".bars rect")];
    expect(bars.map((bar) => bar.textContent)).toEqual([
      "apple: 60 % of held-out rows",
      "apple: 61 % of draws",
      "cherry: 30 % of held-out rows",
      "cherry: 19 % of draws",
      "(missing): 10 % of held-out rows",
      "(missing): 20 % of draws",
      "weight: 5 % of held-out rows",
      "weight: 5 % of draws",
    ]);
    const widths = bars.slice(0, 6).map((bar) => Number(bar.getAttribute("width")));
    const perShare = widths[0]! / 0.6;
    for (const [i, share] of [0.6, 0.61, 0.3, 0.19, 0.1, 0.2].entries())
      expect(widths[i]! / perShare).toBeCloseTo(share, 2);
    expect(bars.map((bar) => bar.getAttribute("fill"))).toEqual(
      bars.map((_, i) => (i % 2 === 0 ? "var(--data)" : "var(--model)")),
    );
  });

  test("counts rows by their codes, missing cells apart, and those of numbers together", () => {
    const columns = [
      { name: "x", kind: "continuous", missing: true },
      { name: "kind", kind: "categorical", categories: ["a", "b"], missing: true },
      { name: "y", kind: "continuous" },
    ];
    const rows = Float64Array.of(1, 0, 1, NaN, 0, 2, 3, 1, 3, 4, NaN, 4);
    const draws = Float64Array.of(NaN, 1, 1, NaN, 1, 2);
    expect(countCategories(columns, rows, draws)).toEqual({
      rows: 4,
      draws: 2,
      columns: [
        {
          name: "kind",
          bars: [
            { name: "a", data: 2, model: 0 },
            { name: "b", data: 1, model: 2 },
            { name: "(missing)", data: 1, model: 0 },
          ],
        },
        { name: "missing cells", bars: [{ name: "x", data: 1, model: 2 }] },
      ],
    });
    expect(countCategories(columns.slice(2), Float64Array.of(1), Float64Array.of(1))).toBeUndefined();
  });

  test("draws at most six columns of twelve bars, the rarest categories in one, and no row is lost", () => {
    const categories = Array.from({ length: 30 }, (_, k) => `c${k}`);
    const columns = Array.from({ length: 8 }, (_, d) => ({ name: `d${d}`, kind: "categorical", categories }));
    // Code k in k + 1 rows of each column.
    const codes = categories.flatMap((_, k) => new Array<number>(k + 1).fill(k));
    const rows = Float64Array.from(codes.flatMap((code) => columns.map(() => code)));
    const counts = countCategories(columns, rows, rows);
    expect(counts?.columns.length).toBe(6);
    for (const { bars } of counts!.columns) {
      expect(bars.length).toBe(12);
      expect(bars.slice(0, 11).map(({ name }) => name)).toEqual(categories.slice(19));
      expect(bars[11]).toEqual({ name: "(19 others)", data: 190, model: 190 });
      expect(bars.reduce((sum, { data }) => sum + data, 0)).toBe(465);
    }
  });
});

describe("the latent picture", () => {
  test("counts every row of every dimension once", () => {
    const root = read(figures["latent normality"]!);
    const counts = [...root.querySelectorAll(".bars rect")].map((bar) =>
      Number(/: (\d+) rows?,/.exec(bar.textContent!)![1]),
    );
    expect(counts.reduce((a, b) => a + b, 0)).toBe(6 * 200);
  });

  test("finds about one bar in twenty outside the band for uniform values", () => {
    const random = new Random(11);
    const panels = calibrate(
      Array.from({ length: 20 }, (_, j) => ({
        name: `z${j}`,
        values: Array.from({ length: 2000 }, () => random.uniform()),
      })),
    );
    const outside = panels.reduce((sum, panel) => sum + panel.outside, 0);
    // 400 bars at 5 %: 20 expected, standard deviation 4.4.
    expect(outside).toBeGreaterThan(5);
    expect(outside).toBeLessThan(36);
  });

  test("finds nearly all bars outside the band where values pile up", () => {
    const random = new Random(12);
    const values = Array.from({ length: 2000 }, () => random.uniform() ** 3);
    expect(calibrate([{ name: "z", values }])[0]!.outside).toBeGreaterThan(15);
  });
});

test("every colour reaches a contrast of 4.5 with its page, light and dark", () => {
  for (const scheme of [0, 1] as const)
    for (const [name, values] of Object.entries(palette))
      if (name !== "page")
        expect(contrast(values[scheme], palette.page[scheme]), `${name} ${scheme}`).toBeGreaterThan(4.5);
});

function read(svg: string): Element {
  return parseHTML(`<html><body>${svg}</body></html>`).document.querySelector("svg")!;
}

/** The tags that are opened and not closed in the right order. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  expect(svg.replace(/<\/?[a-zA-Z]+( [\w:-]+="[^"<]*")*\/?>/g, "")).not.toMatch(/[<>]/);
  for (const [, closing, name, empty] of svg.matchAll(/<(\/?)([a-zA-Z]+)(?: [\w:-]+="[^"<]*")*(\/?)>/g)) {
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name!);
  }
  return open;
}

function coordinates(path: Element): [number, number][] {
  return [...path.getAttribute("d")!.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
}

function slope(points: [number, number][]): number {
  const [first, last] = [points[0]!, points.at(-1)!];
  return (last[1] - first[1]) / (last[0] - first[0]);
}

/** WCAG 2.1 contrast ratio of two #rrggbb colours. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) =>
    [1, 3, 5]
      .map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i]!, 0);
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}
