// A model from its folder. The files are untrusted: data only, and every one is checked against the others.

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { layoutOf } from "../data/index.js";
import { LogdetError } from "../errors.js";
import { buildFlow, type Flow } from "../flows/index.js";
import { ParameterStore } from "../runtime/index.js";
import { splitCalibration } from "./calibration.js";
import { parseModelConfig } from "./config.js";
import { splitFiller } from "./filler.js";
import { fileError } from "./folder.js";
import { Model } from "./model.js";
import { splitReference } from "./reference-tensors.js";
import { decodeSafetensors, type NamedTensor } from "./safetensors.js";

export interface LoadOptions {
  /** Threads of ONNX Runtime; its own choice by default. */
  threads?: number;
}

/**
 * Reads a model's folder.
 *
 * @throws LogdetError "model" if a file is missing, damaged, or does not fit the others.
 * @example const model = await load("weather.logdet")
 */
export async function load(folder: string, { threads }: LoadOptions = {}): Promise<Model> {
  await requireFolder(folder);
  try {
    const config = parseModelConfig(new TextDecoder().decode(await read(folder, "config.json")));
    const flow = buildFlow(config.flow);
    const tensors = decodeSafetensors(await read(folder, "model.safetensors"));
    const store = new ParameterStore(Object.values(flow.parameters));
    const { dim } = layoutOf(config.columns);
    const { others, filler } = splitFiller(tensors, dim);
    const { others: rest, reference } = splitReference(others, dim);
    const parts = splitCalibration(rest);
    fill(flow, store, parts.flow);
    return new Model(flow, store, config, { threads, filler, reference, calibration: parts.calibration });
  } catch (error) {
    if (!(error instanceof LogdetError)) throw error;
    throw new LogdetError(error.code, error.message, {
      where: [folder, ...error.where],
      hint: error.hint ?? "Fit the model again, or copy the folder again from where it came.",
      cause: error,
    });
  }
}

async function requireFolder(folder: string): Promise<void> {
  const hint = "Give the folder that `logdet fit` wrote.";
  try {
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw fileError(error, "cannot be read", folder);
    throw new LogdetError("model", "there is no such model folder", { where: [folder], hint });
  }
  throw new LogdetError("model", "this is a file, not a model folder", { where: [folder], hint });
}

async function read(folder: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw fileError(error, "cannot be read", name);
    throw new LogdetError("model", "the file is missing", { where: [name] });
  }
}

function fill(flow: Flow, store: ParameterStore, tensors: ReadonlyMap<string, NamedTensor>): void {
  const where = ["model.safetensors"];
  const named = Object.entries(flow.parameters);
  for (const [name, parameter] of named) {
    const tensor = tensors.get(name);
    if (!tensor) throw new LogdetError("model", `the tensor ${name} is missing`, { where });
    if (tensor.shape.join() !== parameter.shape.join())
      throw new LogdetError(
        "model",
        `the tensor ${name} should be [${parameter.shape.join(", ")}], it is [${tensor.shape.join(", ")}]`,
        { where },
      );
    const values = store.view(parameter);
    values.set(tensor.values);
    // After the rounding to the store's precision, where 1e300 is infinite.
    if (!values.every(Number.isFinite))
      throw new LogdetError("model", `the tensor ${name} holds a number that is not finite`, { where });
  }
  if (tensors.size !== named.length)
    throw new LogdetError("model", `there are ${tensors.size} tensors, the flow has ${named.length}`, {
      where,
    });
}
