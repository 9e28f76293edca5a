import { describe, expect, it } from "vitest";
import { sortLabels, truthCategories } from "../../src/data/categories.js";
import { codeOf, labelsOf } from "../../src/data/index.js";

describe("the order of categories", () => {
  it("is that of the numbers, if all are numbers", () => {
    expect(sortLabels(["10", "9", "-1", "2.5"])).toEqual(["-1", "2.5", "9", "10"]);
  });

  it("is alphabetical, numbers within by value, and the same for any order of the rows", () => {
    const sorted = ["Adelie", "room 2", "room 10", "Österreich", "zebra"].sort();
    const one = sortLabels(sorted);
    expect(one.indexOf("room 2")).toBe(one.indexOf("room 10") - 1);
    expect(sortLabels(sorted.toReversed())).toEqual(one);
  });

  it("tells labels apart that a dictionary does not", () => {
    expect(sortLabels(["01", "1", "a1", "a01"])).toHaveLength(4);
    expect(sortLabels(["a1", "a01"])).toEqual(sortLabels(["a01", "a1"]));
  });
});

describe("truth values", () => {
  it("keep their own words, false first", () => {
    expect(truthCategories(["yes", "no"])).toEqual(["no", "yes"]);
    expect(truthCategories(["False", "True"])).toEqual(["False", "True"]);
  });

  it("are true and false where there are more words, or but one", () => {
    expect(truthCategories(["yes", "no", "YES"])).toEqual(["false", "true"]);
    expect(truthCategories(["yes", "YES"])).toEqual(["false", "true"]);
    expect(truthCategories(["y"])).toEqual(["false", "true"]);
  });
});

describe("codes", () => {
  it("are places among the categories, and K for none of them", () => {
    const code = codeOf(["a", "b", "c"]);
    expect(["a", "c", "d", "A", ""].map(code)).toEqual([0, 2, 3, 3, 3]);
  });

  it("of truth values know every word for true and false", () => {
    const code = codeOf(["no", "yes"]);
    expect(["no", "Yes", "TRUE", "f", "0", "1", "maybe"].map(code)).toEqual([0, 1, 1, 0, 0, 1, 2]);
  });

  it("of numbers know other spellings of the number, but take the spelling itself first", () => {
    expect(["1", "2.0", "3", "x"].map(codeOf(["1", "2", "7"]))).toEqual([0, 1, 3, 3]);
    expect(["01", "1"].map(codeOf(["01", "1"]))).toEqual([0, 1]);
    expect(["1.0", "true", "2"].map(codeOf(["0", "1"]))).toEqual([1, 1, 2]);
  });

  it("become labels again, null where missing or none of the categories", () => {
    const values = Float64Array.of(1, 0, 2, Number.NaN);
    expect(labelsOf({ values, categories: ["a", "b"] })).toEqual(["b", "a", null, null]);
  });
});
