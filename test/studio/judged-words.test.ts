// What the page says of rows that were judged by models that have not seen them, and what it asks for.

import { describe, expect, it } from "vitest";
import type { DetectQuestion } from "../../src/server/studio/detect-answers.js";
import { judgedCells, judgedColumns } from "../../studio/app/anomalies/judged-csv.js";
import { judgedBy, questionIn } from "../../studio/app/anomalies/judged-question.js";
import { judgedInWords, rankInWords } from "../../studio/app/anomalies/judged-words.js";
import { hrefOf, readRoute } from "../../studio/app/route.js";
import { toCsv } from "../../studio/page/save-picture.js";

const row = {
  ...{ row: 7, pValue: 1 / 400, labels: ["tree, old"], missing: "", reasons: [] },
  words: "weight 8 is 4.2 nats less likely than the 6.3 expected given the rest",
  cells: [
    { name: "weight", value: 8 },
    { name: "kind", value: null },
  ],
};

const judged = (logProb: number, name: "density" | "combined" = "density") => ({
  ...{ rows: 400, folds: 2, statistic: { name, summary: "how it is" }, labels: ["name"] },
  quantiles: [
    { share: 0.05, logProb: -12 },
    { share: 0.5, logProb: -7 },
  ],
  strangest: [{ ...row, logProb }],
});

describe("rows judged by models that have not seen them", () => {
  it("are told of in numbers, and the first is said to stand out only where it does", () => {
    expect(judgedInWords(judged(-58.3))).toBe(
      "Each of 400 rows was judged by a model that had not seen it (2 fits). These are the strangest. Row 7 comes first, and " +
        "stands out: its log-density is −58.30 nats, where that of the row in the middle is −7.00 and 19 in 20 have −12.00 or more.",
    );
    const near = judgedInWords(judged(-15));
    expect(near).not.toContain("stands out");
    expect(near).toMatch(/That is not far: perhaps no row is odd\.$/);
    // Where something else than the log-density ranks, it cannot tell that.
    expect(judgedInWords(judged(-15, "combined"))).not.toMatch(/stands out|not far/);
  });

  it("have ranks for p-values, which do not say how many are odd", () => {
    const words = rankInWords(judged(-58.3));
    expect(words).toContain("the first has 1 in 400, 0.0025, in a clean table too");
    expect(words).toContain("not how many rows are truly odd");
  });

  it("are saved with their names, reasons and cells", () => {
    const answer = { ...judged(-58.3), strangest: [{ ...row, logProb: -58.3, missing: "kind is missing" }] };
    expect(toCsv(judgedColumns(answer), judgedCells(answer))).toBe(
      "row,p_value,log_prob,reasons,name,weight,kind\n" +
        '7,0.0025,-58.3,kind is missing; weight 8 is 4.2 nats less likely than the 6.3 expected given the rest,"tree, old",8,\n',
    );
  });

  it("are asked for by the address, with the choices that were made for a fit", () => {
    const choices: DetectQuestion = {
      ...{ table: "old & new/trees.csv", exclude: ["a,b", "c=d"], missing: "drop" },
      types: { year: "categorical" },
    };
    const { page, parameters } = readRoute(hrefOf("anomalies", judgedBy(choices)));
    expect([page, parameters.judge]).toEqual(["anomalies", "others"]);
    expect(questionIn(parameters, parameters.table)).toEqual(choices);
    expect(hrefOf("anomalies", judgedBy({ table: "a.csv", exclude: [], types: {}, missing: "model" }))).toBe(
      "#/anomalies?judge=others&table=a.csv",
    );
    // What somebody wrote there by hand is for the server to refuse.
    expect(questionIn({ exclude: "[" }, "a.csv")).toEqual({ table: "a.csv", exclude: "[" });
  });
});
