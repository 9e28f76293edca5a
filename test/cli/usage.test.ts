// What a user types wrong, and what --help and --version answer.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { activations, recipes } from "../../src/flows/index.js";
import { jacobianEstimators } from "../../src/jacobian/index.js";
import { optimizers } from "../../src/optimizers/index.js";
import { version } from "../../src/version.js";
import { logdet, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();
writeTinyTable(folder);

describe("help and version", () => {
  it("prints the version of the package", async () => {
    expect(await logdet(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it("lists the commands", async () => {
    const { code, stdout, stderr } = await logdet(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of [
      ...["fit", "score", "explain", "detect", "calibrate", "sample", "impute", "serve", "info", "shift"],
      ...["ica", "lab", "studio"],
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  it.each([
    ...["fit", "score", "explain", "detect", "calibrate", "sample", "impute", "info", "shift", "ica", "lab"],
  ])("explains %s, with an example", async (command) => {
    const { code, stdout, stderr } = await logdet([command, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: logdet ${command}`);
    expect(stdout).toMatch(new RegExp(`Examples:[^]*\n {2}logdet ${command} `));
    for (const option of ["--json", "--quiet", "--seed", "--threads", "--out"])
      expect(stdout).toContain(option);
  });

  it("explains studio, with an example", async () => {
    const { code, stdout, stderr } = await logdet(["studio", "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: logdet studio");
    expect(stdout).toMatch(/Examples:\n {2}logdet studio\n[\s\S]* {2}logdet studio --export /);
  });

  it("offers every flow, activation, estimator and optimizer there is", async () => {
    const { stdout } = await logdet(["fit", "--help"]);
    for (const table of [recipes, jacobianEstimators, optimizers])
      for (const name of Object.keys(table)) expect(stdout).toContain(`"${name}"`);
    for (const name of activations) expect(stdout).toContain(`"${name}"`);
  });

  it("answers a bare call with the help, as wrong usage", async () => {
    const { code, stdout, stderr } = await logdet([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: logdet");
  });
});

describe("wrong usage ends with exit code 2", () => {
  const cases: readonly [what: string, args: string[], message: string][] = [
    ["an unknown command", ["fti", "x.csv"], "error: unknown command 'fti'\n(Did you mean fit?)"],
    [
      "an unknown option",
      ["fit", "x.csv", "--epocs", "3"],
      "error: unknown option '--epocs'\n(Did you mean --epochs?)",
    ],
    ["no table to fit", ["fit"], "error: missing required argument 'data'"],
    ["no table to score", ["score", "x.logdet"], "error: missing required argument 'data'"],
    ["an option without its value", ["fit", "x.csv", "--lr"], "error: option '--lr <rate>' argument missing"],
    ["an unknown flow", ["fit", "x.csv", "--flow", "glow"], "Allowed choices are dense, published."],
    ["an unknown base", ["fit", "x.csv", "--base", "gumbel"], "Allowed choices are normal, laplace"],
    [
      "text for a number",
      ["fit", "x.csv", "--lr", "3e-2x"],
      "argument '3e-2x' is invalid. It must be a number above 0.",
    ],
    ["a number out of range", ["fit", "x.csv", "--validation", "1"], "It must be a number between 0 and 1"],
    ["half a layer", ["fit", "x.csv", "--layers", "2.5"], "It must be a whole number of at least 1."],
    ["too many layers", ["fit", "x.csv", "--layers", "65"], "at layers"],
    ["no net at all", ["fit", "x.csv", "--components", "0"], "It must be a whole number of at least 1."],
    ["too many nets", ["fit", "x.csv", "--components", "65"], "at components"],
    ["noise below none", ["fit", "x.csv", "--noise", "-0.1"], "It must be a number of at least 0."],
    ["no rows to draw", ["sample", "x.logdet", "-n", "0"], "It must be a whole number of at least 1."],
    [
      "an unknown format",
      ["sample", "x.logdet", "--format", "xml"],
      "Allowed choices are csv, tsv, parquet, ndjson.",
    ],
    [
      "an extension of no format",
      ["sample", "x.logdet", "--out", "rows.xml"],
      "rows.xml: the file's extension names no format",
    ],
    [
      "a summary where the table goes",
      ["score", "x.logdet", "x.csv", "--json"],
      "Say where the table goes: --out FILE.",
    ],
    [
      "a --config file that is not there",
      ["fit", "x.csv", "--config", "no.json"],
      "no.json: the --config file cannot be read",
    ],
  ];
  it.each(cases)("%s", async (_, args, message) => {
    const { code, stdout, stderr } = await logdet(args, { cwd: folder });
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("a --config file that is not JSON", async () => {
    writeFileSync(join(folder, "broken.json"), "{");
    const { code, stderr } = await logdet(["fit", "x.csv", "--config", "broken.json"], { cwd: folder });
    expect(stderr).toContain("error: broken.json: the --config file is not JSON");
    expect(code).toBe(2);
  });

  it("a --config file with names and values that do not exist", async () => {
    writeFileSync(join(folder, "wrong.json"), '{ "layers": 0, "lr": 1 }');
    const { code, stderr } = await logdet(["fit", "x.csv", "--config", "wrong.json"], { cwd: folder });
    expect(stderr).toContain("error: wrong.json: the options do not fit");
    expect(stderr).toContain('Unrecognized key: "lr"');
    expect(stderr).toContain("at layers");
    expect(code).toBe(2);
  });
});

describe("a base in a --config file", () => {
  const write = (name: string, base: unknown) =>
    writeFileSync(join(folder, name), JSON.stringify({ base, search: false, epochs: 1 }));

  it("may be an object with options", async () => {
    write("copula.json", { type: "gumbel-copula", margin: { type: "student-t" } });
    const args = ["fit", "tiny.csv", "--config", "copula.json", "--out", "copula.logdet"];
    expect(await logdet(args, { cwd: folder })).toMatchObject({ code: 0 });
    const { stdout } = await logdet(["info", "copula.logdet"], { cwd: folder });
    expect(stdout).toMatch(/^ {2}base +gumbel-copula \(margin student-t\)$/m);
  });

  it.each([
    ["unknown", { type: "gumbel" }, 'wrong-base.json, base: there is no base density of type "gumbel"'],
    ["one with an unknown margin", { type: "frank-copula", margin: { type: "gamma" } }, "at margin.type"],
    ["neither a name nor an object", 3, "expected the name of a base, or an object with its type"],
  ])("that is %s is wrong usage, named before the table is read", async (_, base, message) => {
    write("wrong-base.json", base);
    const args = ["fit", "not-there.csv", "--config", "wrong-base.json"];
    const { code, stdout, stderr } = await logdet(args, { cwd: folder });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("not-there");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

it("takes choices from a --config file, and lets options win over them", async () => {
  writeFileSync(
    join(folder, "fit.json"),
    '{ "layers": 1, "base": "laplace", "learningRate": 0.01, "epochs": 1, "search": false }',
  );
  const args = [
    "fit",
    "tiny.csv",
    "--config",
    "fit.json",
    "--base",
    "logistic",
    "--out",
    "configured.logdet",
  ];
  expect((await logdet(args, { cwd: folder })).code).toBe(0);
  const { stdout } = await logdet(["info", "configured.logdet", "--json"], { cwd: folder });
  const { flow, training } = JSON.parse(stdout);
  expect(flow.base.type).toBe("logistic");
  expect(flow.bijection.parts.filter(({ type }: { type: string }) => type === "linear")).toHaveLength(1);
  expect(training).toMatchObject({ learningRate: 0.01, epochs: 1 });
});
