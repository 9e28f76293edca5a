// --jacobian from a table to a model folder, and back to rows and their densities: each that brings layers or numbers of
// its own to training.

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { jacobianEstimators } from "../../src/jacobian/index.js";
import { load } from "../../src/model/index.js";
import { expectClose } from "../helpers/index.js";
import { logdet, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();
writeTinyTable(folder, "tiny.csv", 120);

describe("fit --jacobian", () => {
  const special = Object.values(jacobianEstimators).filter(({ layer, accompany }) => layer || accompany);

  it.each(special)("$name: the saved model draws rows and scores them", async ({ name }) => {
    const { code, stdout, stderr } = await logdet(
      [
        "fit",
        "tiny.csv",
        "--jacobian",
        name,
        "--layers",
        "2",
        "--epochs",
        "4",
        "--no-search",
        "--out",
        name,
        "--json",
      ],
      { cwd: folder },
    );
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout).validationLogProb).toSatisfy(Number.isFinite);

    const model = await load(join(folder, name), { threads: 1 });
    const rows = await model.sample(30, { seed: 1, round: false });
    expect((await model.logProb(rows)).every(Number.isFinite)).toBe(true);
    // Drawn rows go back to where the base's draws lie: their latent has the base's spread, not a multiple of it.
    const latent = await model.latent(rows);
    expect(latent.every((value) => Math.abs(value) < 100)).toBe(true);
    const again = await load(join(folder, name), { threads: 1 });
    expectClose(await again.sample(30, { seed: 1, round: false }), rows, { relative: 1e-12 });
    await model.release();
    await again.release();
  });
});
