// The reasons of a row in plain words.

import { describe, expect, it } from "vitest";
import { chanceInWords, surpriseInWords } from "../../studio/app/anomalies/reasons-words.js";

const deck = { column: "deck", value: '"A"', expected: '"D"', nats: Math.log(3300) };
const age = { column: "age", value: "48", expected: "45.1", nats: 0.6 };

describe("reasons in words", () => {
  it("turn nats into a chance: e to their negative", () => {
    expect(chanceInWords(Math.log(20))).toBe("1 in 20");
    expect(chanceInWords(Math.log(1234))).toBe("1 in 1,200");
    expect(chanceInWords(Math.log(6.8))).toBe("1 in 7");
    expect(chanceInWords(Math.log(4))).toBe("25 %");
    expect(chanceInWords(0)).toBe("100 %");
    expect(chanceInWords(108.6)).toBe("less than 1 in a million");
  });

  it("say what was met, what was expected, and how rare that is", () => {
    expect(surpriseInWords([deck, age])).toBe(
      "deck is A where D was expected: given the rest of the row, 1 in 3,300 values would be as unlikely.",
    );
    expect(surpriseInWords([age])).toBe(
      "age is 48 where 45.1 was expected: given the rest of the row, 55 % of values would be as unlikely.",
    );
  });

  it("name two more reasons where they are rare too", () => {
    expect(surpriseInWords([deck, deck, deck, deck])).toBe(
      "deck is A where D was expected: given the rest of the row, 1 in 3,300 values would be as unlikely. " +
        "Then deck is A where D was expected (1 in 3,300); deck is A where D was expected (1 in 3,300).",
    );
  });
});
