// --robust from the command line to the saved model and its report.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fitTinyModel, logdet, temporaryFolder } from "./run.js";

const folder = temporaryFolder();

beforeAll(async () => {
  await fitTinyModel(folder);
});

describe("--robust", () => {
  it("is kept in the model and told in its report, and the net is a plain one", async () => {
    const options = ["--epochs", "2", "--quiet", "--robust", "0.1", "--out", "robust.logdet"];
    const { code, stderr } = await logdet(["fit", "tiny.csv", ...options], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { training } = JSON.parse(readFileSync(join(folder, "robust.logdet/config.json"), "utf8"));
    expect(training).toMatchObject({ robust: 0.1, runs: [{ layers: 1 }] });
    expect(readFileSync(join(folder, "robust.logdet/report.html"), "utf8")).toContain(
      "the least likely 10 % of them had no say in training",
    );
  });

  it("is refused where half the rows or more would have no say", async () => {
    const { code, stdout, stderr } = await logdet(["fit", "tiny.csv", "--robust", "0.5"], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("It must be a number of at least 0 and below 0.5");
  });
});
