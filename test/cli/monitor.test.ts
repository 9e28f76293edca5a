// --monitor and --lipschitz from the command line to the saved model and its report.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { load } from "../../src/model/index.js";
import { logdet, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();
writeTinyTable(folder, "tiny.csv", 120);

const fit = (name: string, ...options: string[]) =>
  logdet(["fit", "tiny.csv", "--no-search", "--epochs", "4", "--out", name, ...options], { cwd: folder });
const report = (name: string) => readFileSync(join(folder, name, "report.html"), "utf8");

describe("fit", () => {
  it.each([
    ["one net", []],
    ["a mixture of nets", ["--components", "2"]],
  ])(
    "--monitor writes what the net does to volumes and distances into the report: %s",
    async (name, options) => {
      const { code, stderr } = await fit(name, "--monitor", "--lipschitz", "0.2", ...options);
      expect(code, stderr).toBe(0);
      const { training } = (await load(join(folder, name))).config;
      expect(training.lipschitz).toBe(0.2);
      expect(training.monitor?.length).toBe(training.curve.length);
      expect(report(name)).toContain("Volume and local stretching");
      expect(report(name)).toContain("A penalty of weight 0.2");
      expect(report(name)).toContain("best affine flow (Gaussian)");
    },
  );

  it("looks at nothing and restrains nothing unless told so", async () => {
    const { code, stderr } = await fit("plain");
    expect(code, stderr).toBe(0);
    const { training } = (await load(join(folder, "plain"))).config;
    expect([training.monitor, training.lipschitz]).toEqual([undefined, undefined]);
    expect(report("plain")).not.toContain("local stretching");
  });

  it("refuses a penalty that the Jacobian estimator does not know, and a negative one", async () => {
    const tracked = await fit("tracked", "--lipschitz", "1", "--jacobian", "tracked");
    expect(tracked.code).toBe(2);
    expect(tracked.stderr).toContain("the estimator tracked moves its matrices by the likelihood alone");
    const negative = await fit("negative", "--lipschitz", "-1");
    expect(negative.code).not.toBe(0);
    expect(negative.stderr).toContain("of at least 0");
  });
});
