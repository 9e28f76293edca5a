// Which nets are tried, in which order: the search alone, told how well made-up nets do.

import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  affordable,
  bestOf,
  estimatedSeconds,
  fewestMixtureRows,
  mostRuns,
  nextSetting,
  type Outcome,
  overfits,
  rateFor,
  type SearchSpace,
  type Setting,
} from "../../src/fit/search.js";
import { runWords } from "../../src/model/run-words.js";

const everything = ["layers", "components", "noise", "start"] as const;

/** A table of 2,000 rows and 8 columns, with everything open, unless told otherwise. */
function space(changed: Partial<SearchSpace> = {}): SearchSpace {
  const first = { layers: 4, components: 1, noise: 0, start: 0 };
  const table = { rows: 2000, dim: 8, batch: 256, steps: 3000, isDiscrete: false };
  return { first, open: new Set(everything), ...table, ...changed };
}

/** What a made-up table does to a net: held-out nats, and by how much its training rows are likelier. */
type Table = (setting: Setting) => { validationNll: number; gap?: number };

/** All settings that a search tries on a made-up table, in order, with their outcomes. */
function search(given: SearchSpace, table: Table): Outcome[] {
  const outcomes: Outcome[] = [];
  for (;;) {
    const setting = nextSetting(given, outcomes);
    if (!setting) return outcomes;
    const { validationNll, gap = 0 } = table(setting);
    outcomes.push({ setting, validationNll, trainNll: validationNll - gap });
    if (outcomes.length > 100) throw new Error("the search does not end");
  }
}

const words = (given: SearchSpace, table: Table) =>
  search(given, table).map(({ setting }) => runWords(setting));

/** Tables on which a net overfits have this gap for 8 columns: above 0.03 nats a column. */
const wide = 0.5;

describe("the search", () => {
  it("goes deeper as long as that helps", () => {
    expect(words(space(), ({ layers }) => ({ validationNll: -layers }))).toEqual([
      "4 layers",
      "8 layers",
      "16 layers",
    ]);
  });

  it("looks at a shallower net where a deeper one does not help", () => {
    const table: Table = ({ layers }) => ({ validationNll: layers });
    expect(words(space(), table)).toEqual(["4 layers", "8 layers", "2 layers"]);
    expect(bestOf(search(space(), table)).setting.layers).toBe(2);
  });

  it("does not halve an odd number of layers", () => {
    const first = { layers: 1, components: 1, noise: 0, start: 0 };
    expect(words(space({ first }), ({ layers }) => ({ validationNll: layers }))).toEqual([
      "1 layer",
      "2 layers",
    ]);
  });

  it("gives the best net noise, and then the better of both a second start, where it overfits", () => {
    const helps: Table = ({ layers, noise }) => ({ validationNll: Math.abs(layers - 8) - noise, gap: wide });
    expect(words(space(), helps)).toEqual([
      "4 layers",
      "8 layers",
      "16 layers",
      "8 layers, noise 0.1",
      "8 layers, noise 0.1, start 2",
    ]);
    const hurts: Table = ({ layers, noise }) => ({ validationNll: Math.abs(layers - 8) + noise, gap: wide });
    expect(words(space(), hurts).slice(3)).toEqual(["8 layers, noise 0.1", "8 layers, start 2"]);
  });

  it("is content once noise has ended the overfitting", () => {
    const table: Table = ({ noise }) => ({ validationNll: -noise, gap: noise > 0 ? 0 : wide });
    expect(words(space(), table).at(-1)).toBe("4 layers, noise 0.1");
  });

  it("adds no noise to a discrete table, but a second start", () => {
    const table: Table = ({ layers }) => ({ validationNll: layers, gap: wide });
    expect(words(space({ isDiscrete: true }), table)).toEqual([
      "4 layers",
      "8 layers",
      "2 layers",
      "2 layers, start 2",
    ]);
  });

  it("tries a mixture where rows are many and nothing overfits", () => {
    const plain: Table = ({ layers }) => ({ validationNll: -layers });
    const mixed = "4 layers, a mixture of 4";
    expect(words(space({ rows: fewestMixtureRows }), plain).at(-1)).toBe(mixed);
    expect(words(space({ rows: fewestMixtureRows - 1 }), plain)).not.toContain(mixed);
    const overfitted: Table = ({ layers }) => ({ validationNll: -layers, gap: wide });
    expect(words(space({ rows: 50_000 }), overfitted)).not.toContain(mixed);
  });

  it("treats a mixture that overfits like any other net", () => {
    const table: Table = ({ components }) => ({ validationNll: -components, gap: components > 1 ? 1 : 0 });
    expect(words(space({ rows: 50_000 }), table).slice(3)).toEqual([
      "4 layers, a mixture of 4",
      "4 layers, a mixture of 4, noise 0.1",
      "4 layers, a mixture of 4, start 2",
    ]);
  });

  it("of a table that is wide and slow stays with the first net", () => {
    const slow = space({ dim: 2000, rows: 50_000 });
    expect(estimatedSeconds(slow, slow.first)).toBeGreaterThan(affordable);
    expect(words(slow, ({ layers }) => ({ validationNll: -layers, gap: 100 }))).toEqual(["4 layers"]);
  });

  it("leaves out depths that would take too long, not what else would help", () => {
    const quick = space();
    // As many steps as make 8 layers take nearly as long as may be.
    const steps = (3000 * 0.9 * affordable) / estimatedSeconds(quick, { ...quick.first, layers: 8 });
    expect(words(space({ steps }), ({ layers }) => ({ validationNll: -layers, gap: wide }))).toEqual([
      "4 layers",
      "8 layers",
      "8 layers, noise 0.1",
      "8 layers, start 2",
    ]);
  });

  it("tries one net where nothing is open", () => {
    expect(words(space({ open: new Set() }), () => ({ validationNll: 0, gap: 9 }))).toEqual(["4 layers"]);
  });

  it("goes on where a net found no finite likelihood", () => {
    const table: Table = ({ layers }) => ({
      validationNll: layers > 4 ? Number.POSITIVE_INFINITY : layers,
      gap: Number.NaN,
    });
    expect(words(space(), table)).toEqual(["4 layers", "8 layers", "2 layers"]);
    const never: Table = () => ({ validationNll: Number.POSITIVE_INFINITY, gap: Number.NaN });
    expect(words(space(), never)).toEqual(["4 layers", "8 layers", "2 layers"]);
  });
});

describe("whatever the nets turn out to be", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const spaces = fc
    .record({
      open: fc.uniqueArray(fc.constantFrom(...everything)),
      layers: fc.constantFrom(1, 2, 3, 4, 8),
      components: fc.constantFrom(1, 2, 4),
      noise: fc.constantFrom(0, 0.05),
      rows: fc.constantFrom(20, fewestMixtureRows - 1, fewestMixtureRows, 1_000_000),
      dim: fc.constantFrom(1, 6, 16, 17, 64, 300, 2000),
      steps: fc.constantFrom(1, 3000, 6000),
      isDiscrete: fc.boolean(),
    })
    .map(({ open, layers, components, noise, ...table }) =>
      space({ ...table, open: new Set(open), first: { layers, components, noise, start: 0 } }),
    );
  const nats = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(-2, -1, 0, 1, 2) },
    { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
  );
  const results = fc.array(
    fc.record({ validationNll: nats, gap: fc.constantFrom(0, 0.1, 1, 1000, Number.NaN) }),
    { minLength: 12, maxLength: 12 },
  );
  /** A table that answers with these, one after another. */
  const answering =
    (answers: readonly { validationNll: number; gap: number }[]): Table =>
    () =>
      answers[count++ % answers.length];
  let count = 0;

  it("the search ends in time, tries nothing twice, and nothing that takes too long but the first", () => {
    fc.assert(
      fc.property(spaces, results, (given, answers) => {
        count = 0;
        const outcomes = search(given, answering(answers));
        expect(outcomes.length).toBeLessThanOrEqual(mostRuns(given));
        expect(outcomes[0].setting).toEqual(given.first);
        const settings = outcomes.map(({ setting }) => setting);
        expect(new Set(settings.map(runWords)).size).toBe(settings.length);
        for (const setting of settings.slice(1))
          expect(estimatedSeconds(given, setting)).toBeLessThanOrEqual(affordable);
        for (const setting of settings)
          for (const name of everything)
            if (!given.open.has(name)) expect(setting[name]).toBe(given.first[name]);
      }),
      { numRuns: 2000 },
    );
  });

  it("the same results lead to the same nets: no clock and no chance has a say", () => {
    const forbidden = () => {
      throw new Error("the search looked at a clock, or drew a number");
    };
    vi.spyOn(performance, "now").mockImplementation(forbidden);
    vi.spyOn(Date, "now").mockImplementation(forbidden);
    vi.spyOn(Math, "random").mockImplementation(forbidden);
    const given = space({ rows: 50_000 });
    const table: Table = ({ layers, components }) => ({ validationNll: -layers - components, gap: 0.3 });
    const found = search(given, table);
    vi.restoreAllMocks();
    expect(search(given, table)).toEqual(found);
  });
});

describe("the most runs that a search can take", () => {
  it("are the first, two depths, and one each of what the table allows", () => {
    expect(mostRuns(space())).toBe(5);
    expect(mostRuns(space({ rows: 50_000 }))).toBe(6);
    expect(mostRuns(space({ isDiscrete: true }))).toBe(4);
    expect(mostRuns(space({ open: new Set(["layers"]) }))).toBe(3);
    expect(mostRuns(space({ open: new Set(["start"]) }))).toBe(2);
    expect(mostRuns(space({ open: new Set() }))).toBe(1);
  });
});

describe("overfitting", () => {
  it("is more than 0.03 nats a column between training rows and others", () => {
    const outcome = (gap: number) => ({ setting: space().first, validationNll: 5, trainNll: 5 - gap });
    expect(overfits(outcome(0.29), 10)).toBe(false);
    expect(overfits(outcome(0.31), 10)).toBe(true);
    expect(overfits(outcome(0.31), 11)).toBe(false);
    expect(overfits({ ...outcome(0), trainNll: Number.NaN }, 1)).toBe(false);
  });
});

describe("the learning rate", () => {
  it("is the one given up to 8 layers, and falls with the square root of their number beyond", () => {
    const rate = (layers: number) => rateFor(0.03, { ...space().first, layers });
    expect([1, 4, 8].map(rate)).toEqual([0.03, 0.03, 0.03]);
    expect(rate(16)).toBeCloseTo(0.03 / Math.SQRT2, 12);
    expect(rate(32)).toBeCloseTo(0.015, 12);
  });
});

describe("the estimate of a run's time", () => {
  it("grows with steps, layers, components and columns", () => {
    const given = space();
    const { first } = given;
    const seconds = estimatedSeconds(given, first);
    expect(seconds).toBeGreaterThan(0);
    expect(estimatedSeconds(given, { ...first, layers: 8 })).toBeCloseTo(2 * seconds, 12);
    expect(estimatedSeconds(given, { ...first, components: 4 })).toBeCloseTo(4 * seconds, 12);
    expect(estimatedSeconds(space({ steps: 6000 }), first)).toBeCloseTo(2 * seconds, 12);
    // Far out the products rule: twice the columns, four times the work.
    const far = estimatedSeconds(space({ dim: 40_000 }), first);
    expect(estimatedSeconds(space({ dim: 80_000 }), first) / far).toBeGreaterThan(3.9);
  });
});
