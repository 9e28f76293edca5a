// --jacobian from a table to a model folder, and back to rows and their densities: each that brings layers or numbers of
// its own to training.

import { describe, expect, it } from "vitest";
import { jacobianEstimators } from "../../src/jacobian/index.js";
import { bash, logdet, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();
writeTinyTable(folder, "tiny.csv", 120);

describe("fit --jacobian", () => {
  const special = Object.values(jacobianEstimators).filter(({ layer, accompany }) => layer || accompany);

  it.each(special)("$name: the saved model draws rows and scores them", async ({ name }) => {
    const fitted = await logdet(
      ["fit", "tiny.csv", "--jacobian", name, "--layers", "1", "--epochs", "4", "--out", name, "--json"],
      { cwd: folder },
    );
    expect(fitted.stderr).not.toMatch(/error/i);
    expect(fitted.code).toBe(0);
    expect(JSON.parse(fitted.stdout).validationLogProb).toSatisfy(Number.isFinite);

    const { code, stdout } = await bash(
      `logdet sample ${name} -n 30 --seed 1 | logdet score ${name} - --format ndjson`,
      { cwd: folder },
    );
    expect(code).toBe(0);
    const rows = stdout.trim().split("\n");
    expect(rows.length).toBe(30);
    for (const row of rows)
      expect(Object.entries(JSON.parse(row)).find(([column]) => /log.?prob/i.test(column))?.[1]).toSatisfy(
        Number.isFinite,
      );
  });
});
