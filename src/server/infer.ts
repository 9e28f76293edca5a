// POST /v2/models/{model}/infer: inference as the Open Inference Protocol has it, tensors in JSON or as binary data.
//
// See https://github.com/kserve/open-inference-protocol and its binary tensor data extension.

import { contentType, parseJson, readBody, requirePlain, textOf } from "./body.js";
import type { Generation } from "./models.js";
import { Refusal } from "./refusal.js";
import { type InferRequest, type InferResponse, inferRequest, type ModelMetadata } from "./schemas.js";
import {
  beginWork,
  countRows,
  type Decision,
  decisionFor,
  type RequestContext,
  type Service,
} from "./service.js";
import { type Output, readTensor, writeTensor } from "./tensors.js";

/** Says where the JSON of a body ends and binary data begins. */
export const jsonLength = "inference-header-content-length";

export async function infer(service: Service, c: RequestContext, model: string): Promise<Response> {
  requireType(c);
  const { name, generation, ticket, end } = beginWork(service, c, model);
  try {
    const body = await readBody(c, service.limits.maxBody, ticket.signal);
    const { request, binaries } = takeApart(c, body);
    const input = onlyInput(request);
    countRows(service, c, input.shape[0] ?? 0);
    const { dim } = generation.model;
    const rows = readTensor(input, dim, binaries.get(input.name));
    checkCells(generation, rows);

    const wanted = decisionFor(generation, request.parameters ?? {});
    const outputs = outputsOf(request, wanted);
    const needsRanks = outputs.some((output) => output !== "log_prob");
    const { statistic } = needsRanks ? wanted : { statistic: false as const };
    const scores = await generation.batcher.score(rows, { statistic, signal: ticket.signal });
    service.metrics.rows.inc({ model: name, work: "score" }, input.shape[0]);

    const values: Record<OutputName, () => Output["values"]> = {
      log_prob: () => scores.logProb,
      p_value: () => scores.pValue ?? new Float64Array(),
      is_anomaly: () => Uint8Array.from(scores.pValue ?? [], (p) => Number(p <= (wanted.alpha ?? 0))),
    };
    const tensors = outputs.map((output) =>
      writeTensor({ name: output, values: values[output](), binary: isBinary(request, output) }),
    );
    return answer(
      {
        model_name: name,
        ...(request.id !== undefined && { id: request.id }),
        outputs: tensors.map(({ entry }) => entry),
      },
      tensors.map(({ bytes }) => bytes),
    );
  } finally {
    await end();
  }
}

/** What a model is, as the protocol has it. */
export function modelMetadata(name: string, { model }: Generation): ModelMetadata {
  const { calibration, columns, dim, config } = model;
  const outputs = calibration ? (["log_prob", "p_value"] as const) : (["log_prob"] as const);
  const statistics = calibration
    ? [...new Set([calibration.defaultStatistic, ...calibration.statistics])]
    : [];
  return {
    name,
    platform: "logdet",
    inputs: [{ name: "x", datatype: "FP64", shape: [-1, dim] }],
    outputs: outputs.map((output) => ({ name: output, datatype: "FP64", shape: [-1] })),
    parameters: {
      columns: columns.map(({ name, kind, categories }) => ({
        name,
        kind,
        ...(categories && { categories }),
      })),
      statistics,
      calibration_rows: calibration?.rows ?? 0,
      created: config.created,
    },
  };
}

/** A page can send text and forms to any server; other types only with the server's leave, which is never given. */
function requireType(c: RequestContext): void {
  requirePlain(c);
  const type = contentType(c);
  const isBinaryRequest = c.req.header(jsonLength) !== undefined;
  if (
    type === "application/json" ||
    (isBinaryRequest && (type === "" || type === "application/octet-stream"))
  )
    return;
  throw new Refusal(415, "the body must be application/json", {
    hint: "Send the header Content-Type: application/json.",
  });
}

/** The request's JSON, and by name the inputs that follow it as binary data. */
function takeApart(
  c: RequestContext,
  body: Uint8Array,
): { request: InferRequest; binaries: ReadonlyMap<string, Uint8Array> } {
  const header = c.req.header(jsonLength);
  const length = header === undefined ? body.length : Number(header);
  if (!/^\d+$/.test(header ?? "0") || length > body.length)
    throw new Refusal(400, `Inference-Header-Content-Length must be the length of the JSON in bytes`);
  const request = parseJson(textOf(body.subarray(0, length)), inferRequest);
  const binaries = new Map<string, Uint8Array>();
  let at = length;
  for (const { name, parameters, data } of request.inputs) {
    const size = parameters?.binary_data_size;
    if (size === undefined) continue;
    if (data !== undefined)
      throw new Refusal(400, "it has data twice: in the JSON and after it", { where: [`input ${name}`] });
    binaries.set(name, body.subarray(at, at + size));
    at += size;
  }
  if (at !== body.length)
    throw new Refusal(400, `${body.length - length} bytes follow the JSON, where it says ${at - length}`);
  return { request, binaries };
}

function onlyInput({ inputs }: InferRequest) {
  const [input] = inputs;
  if (inputs.length === 1 && input.name === "x") return input;
  throw new Refusal(400, `there must be one input, named x, got ${inputs.length}`, {
    hint: "It holds the rows: [rows, columns], see the model's metadata.",
  });
}

/** @throws Refusal 400 for cells that the model cannot take */
function checkCells({ model: { columns, takesMissing } }: Generation, rows: Float64Array): void {
  for (let i = 0; i < rows.length; i++) {
    if (Number.isFinite(rows[i]) || (takesMissing && Number.isNaN(rows[i]))) continue;
    const problem = Number.isNaN(rows[i])
      ? "a value is missing, and the model has nothing to fill it from"
      : `${rows[i]} is not a finite number`;
    throw new Refusal(400, problem, {
      where: [`row ${Math.floor(i / columns.length) + 1}`, `column ${columns[i % columns.length].name}`],
    });
  }
}

type OutputName = "log_prob" | "p_value" | "is_anomaly";

/** The outputs asked for, in that order; all that there are if none are named. */
function outputsOf({ outputs }: InferRequest, { statistic, alpha }: Decision): OutputName[] {
  const available: readonly OutputName[] = [
    "log_prob",
    ...(statistic === false ? [] : (["p_value"] as const)),
    ...(alpha === undefined ? [] : (["is_anomaly"] as const)),
  ];
  if (outputs === undefined || outputs.length === 0) return [...available];
  const names = new Set<OutputName>();
  for (const { name } of outputs) {
    const found = available.find((one) => one === name);
    if (found === undefined)
      throw new Refusal(400, `there is no output "${name.slice(0, 40)}"`, {
        hint: `There is ${available.join(", ")}; is_anomaly takes the parameter alpha.`,
      });
    names.add(found);
  }
  return [...names];
}

/** An output's own word counts, then the request's. */
function isBinary({ outputs, parameters }: InferRequest, output: OutputName): boolean {
  const own = outputs?.find(({ name }) => name === output)?.parameters?.binary_data;
  return own ?? parameters?.binary_data_output ?? false;
}

function answer(json: InferResponse, bytes: readonly Uint8Array[]): Response {
  if (bytes.every(({ length }) => length === 0)) return Response.json(json);
  const head = new TextEncoder().encode(JSON.stringify(json));
  return new Response(new Uint8Array(Buffer.concat([head, ...bytes])), {
    headers: {
      "Content-Type": "application/octet-stream",
      "Inference-Header-Content-Length": String(head.length),
    },
  });
}
