// A model to its folder: config.json, model.safetensors, onnx/, README.md, report.html. Data only, no code.

import { fillerTensors } from "./filler.js";
import { checkWritable, writeFolder } from "./folder.js";
import { exportLogProb, exportSample } from "./onnx-export.js";
import type { ModelParts } from "./parts.js";
import { referenceTensors } from "./reference-tensors.js";
import { encodeSafetensors, type NamedTensor } from "./safetensors.js";

export interface SaveOptions {
  /** Replace a folder that exists. */
  force?: boolean;
  /** Further text files to put beside the model: the report, the model card. */
  files?: Readonly<Record<string, string>>;
}

/**
 * Writes a model's folder, whole or not at all.
 *
 * @throws LogdetError "io" if the folder exists and `force` is not given, or cannot be written.
 */
export async function saveModel(
  model: ModelParts,
  folder: string,
  { force = false, files = {} }: SaveOptions = {},
): Promise<void> {
  await checkWritable(folder, force);
  const tensors = Object.fromEntries([
    // In front: float64 begins on a multiple of 8 bytes there.
    ...Object.entries(model.filler ? fillerTensors(model.filler) : {}),
    ...Object.entries(model.reference ? referenceTensors(model.reference) : {}),
    ...Object.entries(model.calibration?.tensors() ?? {}),
    ...Object.entries(model.flow.parameters).map(([name, parameter]): [string, NamedTensor] => [
      name,
      { shape: parameter.shape, values: model.parameters.view(parameter) },
    ]),
  ]);
  await writeFolder(folder, {
    "config.json": `${JSON.stringify(model.config, undefined, 2)}\n`,
    "model.safetensors": encodeSafetensors(tensors, { format: model.config.format }),
    "onnx/log_prob.onnx": await exportLogProb(model),
    "onnx/sample.onnx": await exportSample(model),
    ...files,
  });
}
