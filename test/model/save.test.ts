// A saved model is the model; a damaged one is refused in words; and saving never leaves half of anything.

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LogdetError } from "../../src/errors.js";
import { load, Model, saveModel } from "../../src/model/index.js";
import { encodeSafetensors } from "../../src/model/safetensors.js";
import { exampleModel, exampleRows, shapeName, shapes } from "./example-model.js";

const root = await mkdtemp(join(tmpdir(), "logdet-save-"));
afterAll(() => rm(root, { recursive: true }));

let folders = 0;
const fresh = () => join(root, `model ${++folders}`);

async function saved(model: Model = exampleModel({ dim: 3 })): Promise<string> {
  const folder = fresh();
  await model.save(folder);
  return folder;
}

const named = shapes.map((options) => ({ name: shapeName(options), options }));

describe("a model that was saved and loaded", () => {
  it.each(named)("gives the same bits: $name", async ({ options }) => {
    const model = exampleModel(options);
    const again = await load(await saved(model), { threads: 1 });
    const rows = exampleRows(model, 50);
    expect(again.config).toEqual(model.config);
    expect(again.flow.config()).toEqual(model.flow.config());
    expect(await again.logProb(rows)).toEqual(await model.logProb(rows));
    expect(await again.latent(rows)).toEqual(await model.latent(rows));
    expect(await again.scoreFunction(rows)).toEqual(await model.scoreFunction(rows));
    expect(await again.sample(50, { seed: 5 })).toEqual(await model.sample(50, { seed: 5 }));
    await model.release();
    await again.release();
  });

  it("is written the same once more", async () => {
    const first = await saved();
    const second = await saved(await load(first));
    for (const file of ["config.json", "model.safetensors", "onnx/log_prob.onnx", "onnx/sample.onnx"])
      expect(await readFile(join(second, file))).toEqual(await readFile(join(first, file)));
  });
});

describe("saving", () => {
  it("writes the model's files, and those it is given, and nothing beside them", async () => {
    const parent = fresh();
    const folder = join(parent, "deep", "model");
    await saveModel(exampleModel({ dim: 2 }), folder, {
      files: { "README.md": "read me", "more/x.txt": "x" },
    });
    expect((await readdir(folder, { recursive: true })).sort()).toEqual([
      "README.md",
      "config.json",
      "model.safetensors",
      "more",
      "more/x.txt",
      "onnx",
      "onnx/log_prob.onnx",
      "onnx/sample.onnx",
    ]);
    expect(await readFile(join(folder, "README.md"), "utf8")).toBe("read me");
    expect(await readdir(join(parent, "deep"))).toEqual(["model"]);
  });

  it("makes a folder that others may read as any other", async () => {
    const plain = fresh();
    await mkdir(plain);
    expect((await stat(await saved())).mode).toBe((await stat(plain)).mode);
  });

  it("refuses a folder that exists, and replaces it when told to", async () => {
    const folder = await saved(exampleModel({ dim: 3, seed: 1 }));
    const other = exampleModel({ dim: 2, seed: 2 });
    await expect(saveModel(other, folder)).rejects.toMatchObject({ code: "io", where: [folder] });
    expect((await load(folder)).dim).toBe(3);
    await saveModel(other, folder, { force: true });
    expect((await load(folder)).dim).toBe(2);
  });

  it("keeps the old model, and leaves nothing behind, when the new one cannot be written", async () => {
    const parent = fresh();
    const folder = join(parent, "model");
    await saveModel(exampleModel({ dim: 3 }), folder);
    const before = await readFile(join(folder, "model.safetensors"));
    // The last file lies below a name that is a file already: writing fails after all others are written.
    const files = { "report.html": "x", "report.html/y": "y" };
    await expect(saveModel(exampleModel({ dim: 2 }), folder, { force: true, files })).rejects.toMatchObject({
      code: "io",
      where: [folder],
    });
    expect(await readdir(parent)).toEqual(["model"]);
    expect(await readFile(join(folder, "model.safetensors"))).toEqual(before);
    expect((await load(folder)).dim).toBe(3);
  });

  it("that fails the first time leaves no folder at all", async () => {
    const parent = fresh();
    await mkdir(parent);
    const files = { a: "x", "a/b": "y" };
    await expect(saveModel(exampleModel({ dim: 2 }), join(parent, "model"), { files })).rejects.toThrow(
      LogdetError,
    );
    expect(await readdir(parent)).toEqual([]);
  });

  it("says so when the place is not a folder", async () => {
    const file = fresh();
    await writeFile(file, "x");
    await expect(saveModel(exampleModel({ dim: 2 }), join(file, "model"))).rejects.toMatchObject({
      code: "io",
    });
    await expect(saveModel(exampleModel({ dim: 2 }), file, { force: true })).rejects.toMatchObject({
      code: "io",
    });
    expect(await readFile(file, "utf8")).toBe("x");
  });
});

describe("loading", () => {
  const refused = async (folder: string, message: RegExp) => {
    const error: unknown = await load(folder).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(LogdetError);
    expect(error).toMatchObject({ code: "model" });
    const { where, hint, message: text } = error as LogdetError;
    expect(text).toMatch(message);
    expect(where[0]).toBe(folder);
    expect(hint).toBeTruthy();
    return error as LogdetError;
  };

  it("of what is not there, or not a folder, says so", async () => {
    await refused(fresh(), /no such model folder/);
    const file = fresh();
    await writeFile(file, "x");
    await refused(file, /a file, not a model folder/);
    const empty = fresh();
    await mkdir(empty);
    expect((await refused(empty, /missing/)).where).toEqual([empty, "config.json"]);
  });

  it("without its weights says so", async () => {
    const folder = await saved();
    await rm(join(folder, "model.safetensors"));
    expect((await refused(folder, /missing/)).where).toEqual([folder, "model.safetensors"]);
  });

  it("of a cut file refuses, wherever it is cut", async () => {
    const folder = await saved(exampleModel({ dim: 1 }));
    for (const [name, share] of [
      ["config.json", 0],
      ["config.json", 0.5],
      ["model.safetensors", 0],
      ["model.safetensors", 0.02],
      ["model.safetensors", 0.5],
      ["model.safetensors", 0.999],
    ] as const) {
      const whole = await readFile(join(folder, name));
      await writeFile(join(folder, name), whole.subarray(0, Math.floor(share * whole.length)));
      expect((await refused(folder, /./)).where).toEqual([folder, name]);
      await writeFile(join(folder, name), whole);
    }
    await load(folder);
  });

  const replaceWeights = (
    folder: string,
    model: Model,
    change: (
      tensors: Record<string, { shape: readonly number[]; values: Float32Array | Float64Array }>,
    ) => void,
  ) => {
    const tensors = Object.fromEntries(
      Object.entries(model.flow.parameters).map(([name, parameter]) => [
        name,
        { shape: parameter.shape, values: model.parameters.view(parameter).slice() },
      ]),
    );
    change(tensors);
    return writeFile(join(folder, "model.safetensors"), encodeSafetensors(tensors));
  };

  it.each<{ name: string; change: Parameters<typeof replaceWeights>[2]; message: RegExp }>([
    {
      name: "one missing",
      change: (t) => delete t["bijection.1.weight"],
      message: /bijection\.1\.weight is missing/,
    },
    {
      name: "one too many",
      change: (t) => {
        t.extra = { shape: [1], values: Float32Array.of(1) };
      },
      message: /tensors/,
    },
    {
      name: "another shape",
      change: (t) => {
        t["bijection.1.bias"] = { shape: [2], values: Float32Array.of(1, 2) };
      },
      message: /should be \[3\], it is \[2\]/,
    },
    {
      name: "a NaN",
      change: (t) => {
        t["bijection.1.bias"].values[1] = Number.NaN;
      },
      message: /not finite/,
    },
    {
      name: "an infinity",
      change: (t) => {
        t["bijection.1.bias"].values[1] = Number.POSITIVE_INFINITY;
      },
      message: /not finite/,
    },
    {
      name: "a number beyond float32",
      change: (t) => {
        t["bijection.1.bias"] = { shape: [3], values: Float64Array.of(1, 1e300, 2) };
      },
      message: /not finite/,
    },
  ])("with weights that do not fit refuses: $name", async ({ change, message }) => {
    const model = exampleModel({ dim: 3 });
    const folder = await saved(model);
    await replaceWeights(folder, model, change);
    await refused(folder, message);
  });

  describe("with a config.json that was edited", () => {
    type Json = { [key: string]: Json } & Json[] & (string | number);
    const model = exampleModel({ dim: 3 });
    const ready = saved(model);

    const edited = async (edit: (config: Json) => unknown): Promise<string> => {
      const folder = fresh();
      await mkdir(folder);
      const config = JSON.parse(await readFile(join(await ready, "config.json"), "utf8")) as Json;
      const result = edit(config);
      await writeFile(
        join(folder, "config.json"),
        typeof result === "string" ? result : JSON.stringify(config),
      );
      await writeFile(
        join(folder, "model.safetensors"),
        await readFile(join(await ready, "model.safetensors")),
      );
      return folder;
    };
    const set = (config: Json, path: string, value: unknown) => {
      const keys = path.split(".");
      const last = keys.pop() as string;
      (keys.reduce((node, key) => node[key], config) as Record<string, unknown>)[last] = value;
    };

    it("loads when nothing was changed", async () => {
      await load(await edited(() => undefined));
    });

    it.each<{ path: string; value: unknown; message: RegExp }>([
      { path: "format", value: "logdet/2", message: /logdet\/1/ },
      { path: "extra", value: 1, message: /extra/ },
      { path: "columns.0.extra", value: 1, message: /extra/ },
      { path: "columns.0.scale", value: 0, message: /scale/ },
      { path: "columns.0.scale", value: null, message: /scale/ },
      { path: "columns.0.center", value: "1", message: /center/ },
      { path: "columns", value: [], message: /columns/ },
      {
        path: "columns.3",
        value: { name: "x", kind: "continuous", center: 0, scale: 1, minimum: 0, maximum: 1 },
        message: /columns/,
      },
      { path: "flow.bijection", value: null, message: /bijection/ },
      { path: "flow.bijection.type", value: "convolution", message: /convolution/ },
      { path: "flow.bijection.type", value: "__proto__", message: /__proto__/ },
      { path: "flow.bijection.type", value: "constructor", message: /constructor/ },
      { path: "flow.bijection.parts", value: [], message: /parts/ },
      { path: "flow.bijection.parts", value: "chain", message: /parts/ },
      { path: "flow.bijection.parts.1.type", value: "toString", message: /toString/ },
      { path: "flow.bijection.parts.1.type", value: 3, message: /type/ },
      { path: "flow.bijection.parts.1.path", value: "../../x", message: /path/ },
      { path: "flow.bijection.parts.1.dim", value: 4, message: /dim/ },
      { path: "flow.bijection.parts.1.dim", value: -3, message: /dim/ },
      { path: "flow.bijection.parts.1.dim", value: 2.5, message: /dim/ },
      { path: "flow.bijection.parts.2.bins", value: 1e9, message: /bins/ },
      { path: "flow.base.type", value: "hasOwnProperty", message: /hasOwnProperty/ },
      { path: "flow.base.dim", value: 4, message: /4/ },
      { path: "flow.base.components", value: 1e9, message: /components/ },
      { path: "flow.base.extra", value: [], message: /extra/ },
    ])("refuses $path = $value", async ({ path, value, message }) => {
      await refused(await edited((config) => set(config, path, value)), message);
    });

    it.each([1e9, 65_536, 20_000])("refuses %s dimensions without making room for them", async (dim) => {
      const before = process.memoryUsage().rss;
      const started = performance.now();
      for (const paths of [
        ["flow.bijection.parts.1.dim"],
        [
          "flow.bijection.parts.0.dim",
          "flow.bijection.parts.1.dim",
          "flow.bijection.parts.2.dim",
          "flow.bijection.parts.3.dim",
          "flow.base.dim",
        ],
      ])
        await refused(
          await edited((config) => {
            for (const path of paths) set(config, path, dim);
          }),
          /dim|columns/,
        );
      expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
      expect(performance.now() - started).toBeLessThan(2000);
    });

    it("refuses chains in chains in chains, without end", async () => {
      const deep = 20_000;
      const nested = `${'{"type":"chain","parts":['.repeat(deep)}{"type":"linear","dim":3}${"]}".repeat(deep)}`;
      const folder = await edited((config) => {
        set(config, "flow.bijection", "HERE");
        return JSON.stringify(config).replace('"HERE"', nested);
      });
      await refused(folder, /nested/);
    });

    it.each([
      { before: '"base":{', inside: '"__proto__":{"components":1}' },
      { before: '"training":{', inside: '"__proto__":{"polluted":true}' },
      { before: '{"format"', inside: '"constructor":{"prototype":{"polluted":true}}' },
    ])("takes no key for a prototype: $inside", async ({ before, inside }) => {
      const folder = await edited((config) => {
        const text = JSON.stringify(config);
        expect(text).toContain(before);
        return before.endsWith("{")
          ? text.replace(before, `${before}${inside},`)
          : text.replace(before, `{${inside},${before.slice(1)}`);
      });
      const outcome: unknown = await load(folder).catch((error: unknown) => error);
      if (outcome instanceof Model) expect(outcome.flow.config()).toEqual(model.flow.config());
      else expect(outcome).toMatchObject({ name: "LogdetError", code: "model" });
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    });
  });

  it("of an unreadable file says why", async () => {
    const folder = await saved();
    await chmod(join(folder, "config.json"), 0);
    const outcome: unknown = await load(folder).catch((error: unknown) => error);
    // A super-user reads it all the same.
    if (process.getuid?.() !== 0) expect(outcome).toMatchObject({ code: "io" });
    else expect(outcome).not.toBeInstanceOf(Error);
    await chmod(join(folder, "config.json"), 0o644);
  });
});
