// The shapes of requests and answers: what is checked, and what /openapi.json says.

import { z } from "@hono/zod-openapi";
import { type StatisticName, statistics } from "../model/index.js";
import { isRow, type Row } from "./rows.js";

const statisticNames = Object.keys(statistics) as [StatisticName, ...StatisticName[]];

export const failure = z
  .object({ error: z.string().openapi({ example: "there is no model of that name" }) })
  .openapi("Error");

/** Checked by hand where it is read: it may hold millions of numbers. */
const tensorData = z
  .custom<readonly unknown[]>((value) => Array.isArray(value), "it must be an array")
  .openapi({
    type: "array",
    items: { type: ["number", "null", "array"] },
    description: "Row-major, flat or nested; null is a missing cell.",
  });

const shape = z.array(z.int().nonnegative()).openapi({ example: [2, 3] });

const inferInput = z
  .object({
    name: z.string().openapi({ example: "x" }),
    shape,
    datatype: z.string().openapi({ example: "FP64" }),
    parameters: z
      .looseObject({
        binary_data_size: z.int().nonnegative().optional().openapi({ description: "Bytes after the JSON." }),
      })
      .optional(),
    data: tensorData.optional(),
  })
  .openapi("InferInput");

const level = z.number().gt(0).lt(1);

export const inferRequest = z
  .object({
    id: z.string().optional(),
    parameters: z
      .looseObject({
        binary_data_output: z.boolean().optional().openapi({ description: "All outputs as binary data." }),
        statistic: z.enum(statisticNames).optional().openapi({ description: "What p-values rank by." }),
        alpha: level.optional().openapi({ description: "Adds is_anomaly: whether p_value is at most this." }),
      })
      .optional(),
    inputs: z.array(inferInput),
    outputs: z
      .array(
        z.object({
          name: z.string().openapi({ example: "log_prob" }),
          parameters: z.looseObject({ binary_data: z.boolean().optional() }).optional(),
        }),
      )
      .optional(),
  })
  .openapi("InferRequest");
export type InferRequest = z.infer<typeof inferRequest>;
export type InferInput = z.infer<typeof inferInput>;

const inferOutput = z
  .object({
    name: z.string(),
    shape,
    datatype: z.string(),
    parameters: z.object({ binary_data_size: z.int().nonnegative() }).optional(),
    data: z
      .array(z.union([z.number(), z.boolean(), z.null()]))
      .optional()
      .openapi({ description: "null where a number is not finite. Absent where it follows as binary data." }),
  })
  .openapi("InferOutput");
export type InferOutput = z.infer<typeof inferOutput>;

export const inferResponse = z
  .object({
    model_name: z.string(),
    id: z.string().optional(),
    outputs: z.array(inferOutput),
  })
  .openapi("InferResponse");
export type InferResponse = z.infer<typeof inferResponse>;

const tensorMetadata = z
  .object({
    name: z.string(),
    datatype: z.string(),
    shape: z.array(z.int()).openapi({ description: "−1: as many as there are.", example: [-1, 3] }),
  })
  .openapi("TensorMetadata");

const columnMetadata = z.object({
  name: z.string(),
  kind: z.enum(["continuous", "discrete", "categorical"]),
  categories: z
    .array(z.string())
    .optional()
    .openapi({ description: "What code k stands for; any other code is a category never seen." }),
});

export const serverMetadata = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .openapi("ServerMetadata");

export const modelMetadata = z
  .object({
    name: z.string(),
    platform: z.string(),
    inputs: z.array(tensorMetadata),
    outputs: z.array(tensorMetadata),
    parameters: z.object({
      columns: z.array(columnMetadata).openapi({ description: "What the columns of x are, in their order." }),
      statistics: z
        .array(z.string())
        .openapi({ description: "What p-values can rank by, the default first." }),
      calibration_rows: z.int(),
      created: z.string(),
    }),
  })
  .openapi("ModelMetadata");
export type ModelMetadata = z.infer<typeof modelMetadata>;

export const modelReady = z.object({ name: z.string(), ready: z.boolean() }).openapi("ModelReady");
export const serverLive = z.object({ live: z.boolean() }).openapi("ServerLive");
export const serverReady = z.object({ live: z.boolean(), ready: z.boolean() }).openapi("ServerReady");

export const modelList = z
  .object({
    models: z.array(
      z.object({
        name: z.string(),
        columns: z.array(z.string()).openapi({ description: "What rows of /score must have." }),
      }),
    ),
  })
  .openapi("ModelList");

export const modelPath = z.object({
  model: z.string().openapi({ param: { name: "model", in: "path" }, example: "weather" }),
});

const modelName = z
  .string()
  .optional()
  .openapi({ description: "The model's name; may be left out where only one is served." });

/** Numbers of a URL are text. */
const levelText = z.string().transform(Number).pipe(level).optional().openapi({
  type: "number",
  exclusiveMinimum: 0,
  exclusiveMaximum: 1,
  description: "Adds is_anomaly: at most this share of normal rows is flagged.",
  example: 0.01,
});

export const scoreQuery = z.strictObject({
  model: modelName,
  alpha: levelText,
  statistic: z.enum(statisticNames).optional().openapi({ description: "What p_value ranks by." }),
});

/** Checked in one go: there may be many. */
const row = z
  .custom<Row>(isRow, "a row must be an object of numbers, text, truth values and nulls by column name")
  .openapi("Row", {
    type: "object",
    additionalProperties: { type: ["number", "string", "boolean", "null"] },
    description: "A row by column name: numbers, categories by their words, dates as text, null for missing.",
    example: { species: "Adelie", bill_length_mm: 39.1 },
  });

/** A line of NDJSON. */
export const jsonLine = row;

export const scoreRequest = z
  .union([z.array(row), z.strictObject({ rows: z.array(row) })])
  .openapi("ScoreRequest");

export const rowsResponse = z.object({ model: z.string(), rows: z.array(row) }).openapi("Rows");

export const sampleQuery = z.strictObject({ model: modelName });

export const sampleRequest = z
  .strictObject({
    rows: z.int().positive().openapi({ description: "How many rows to draw.", example: 100 }),
    seed: z
      .int()
      .min(-(2 ** 31))
      .max(2 ** 31 - 1)
      .optional()
      .openapi({ description: "Same seed, same rows. Default: 0." }),
    missing: z.boolean().optional().openapi({ description: "Leave cells null as often as in the data." }),
  })
  .openapi("SampleRequest");
