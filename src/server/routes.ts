// The routes as /openapi.json describes them.

import { createRoute, type RouteConfig, z } from "@hono/zod-openapi";
import {
  failure,
  inferRequest,
  inferResponse,
  jsonLine,
  modelList,
  modelMetadata,
  modelPath,
  modelReady,
  rowsResponse,
  sampleQuery,
  sampleRequest,
  scoreQuery,
  scoreRequest,
  serverLive,
  serverMetadata,
  serverReady,
} from "./schemas.js";

const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });

const failures = (...statuses: readonly (keyof typeof meanings)[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, { description: meanings[status], content: json(failure) }]),
  );

const meanings = {
  400: "The request cannot be understood: the error says which part.",
  401: "The token is missing or wrong.",
  403: "Host or Origin is not this server's.",
  404: "There is no such model.",
  413: "The body is larger, or has more rows, than the server takes.",
  415: "The body is of a type that the server does not take.",
  429: "As many requests as the server takes are waiting: try again after the seconds of Retry-After.",
  503: "The server, or a model, is not ready.",
  504: "The request took longer than the server allows.",
} as const;

const always = [401, 403] as const;
const working = [400, ...always, 404, 413, 415, 429, 504] as const;

const binary = z.string().openapi({ format: "binary" });
const csv = z.string().openapi({ example: "a,b\n1,2\n" });

/** What rows come and go as. */
const rowsAs = <T extends z.ZodType>(schema: T) => ({
  ...json(schema),
  "application/x-ndjson": { schema: jsonLine },
  "text/csv": { schema: csv },
});

const protocol = ["Open Inference Protocol"];
const tables = ["Tables"];
const operations = ["Operations"];

export const routes = {
  live: createRoute({
    method: "get",
    path: "/v2/health/live",
    tags: protocol,
    summary: "Whether the server runs",
    responses: { 200: { description: "It does.", content: json(serverLive) } },
  }),
  ready: createRoute({
    method: "get",
    path: "/v2/health/ready",
    tags: protocol,
    summary: "Whether all models can be asked",
    responses: {
      200: { description: "They can.", content: json(serverReady) },
      503: { description: "The server is about to end.", content: json(serverReady) },
    },
  }),
  server: createRoute({
    method: "get",
    path: "/v2",
    tags: protocol,
    summary: "What the server is",
    responses: {
      200: { description: "Name, version, extensions.", content: json(serverMetadata) },
      ...failures(...always),
    },
  }),
  model: createRoute({
    method: "get",
    path: "/v2/models/{model}",
    tags: protocol,
    summary: "What a model is: inputs, outputs, columns",
    request: { params: modelPath },
    responses: {
      200: { description: "Its metadata.", content: json(modelMetadata) },
      ...failures(...always, 404),
    },
  }),
  modelReady: createRoute({
    method: "get",
    path: "/v2/models/{model}/ready",
    tags: protocol,
    summary: "Whether a model can be asked",
    request: { params: modelPath },
    responses: { 200: { description: "It can.", content: json(modelReady) }, ...failures(...always, 404) },
  }),
  infer: createRoute({
    method: "post",
    path: "/v2/models/{model}/infer",
    tags: protocol,
    summary: "Log-densities and p-values of rows, as tensors",
    description:
      "One input, x [rows, columns]: columns in the order of the model's metadata, categories as codes. With the header " +
      "Inference-Header-Content-Length, binary data follows the JSON.",
    request: {
      params: modelPath,
      body: {
        required: true,
        content: { ...json(inferRequest), "application/octet-stream": { schema: binary } },
      },
    },
    responses: {
      200: {
        description: "The outputs.",
        content: { ...json(inferResponse), "application/octet-stream": { schema: binary } },
      },
      ...failures(...working),
    },
  }),
  models: createRoute({
    method: "get",
    path: "/models",
    tags: tables,
    summary: "The models, and the columns that their rows have",
    responses: { 200: { description: "All of them.", content: json(modelList) }, ...failures(...always) },
  }),
  score: createRoute({
    method: "post",
    path: "/score",
    tags: tables,
    summary: "Rows back with log_prob, p_value and is_anomaly",
    description:
      "Answers in the format of the body, unless Accept names another. NDJSON is scored as it comes, however long it is.",
    request: { query: scoreQuery, body: { required: true, content: rowsAs(scoreRequest) } },
    responses: {
      200: { description: "The rows, in their order.", content: rowsAs(rowsResponse) },
      ...failures(...working),
    },
  }),
  sample: createRoute({
    method: "post",
    path: "/sample",
    tags: tables,
    summary: "Rows drawn from a model",
    request: { query: sampleQuery, body: { required: true, content: json(sampleRequest) } },
    responses: {
      200: { description: "The rows, in the format that Accept names.", content: rowsAs(rowsResponse) },
      ...failures(...working),
    },
  }),
  metrics: createRoute({
    method: "get",
    path: "/metrics",
    tags: operations,
    summary: "What Prometheus collects",
    responses: {
      200: { description: "Prometheus's text format.", content: { "text/plain": { schema: z.string() } } },
      ...failures(...always),
    },
  }),
  document: createRoute({
    method: "get",
    path: "/openapi.json",
    tags: operations,
    summary: "This document",
    responses: {
      200: { description: "OpenAPI 3.1.", content: json(z.looseObject({ openapi: z.string() })) },
      ...failures(...always),
    },
  }),
} satisfies Readonly<Record<string, RouteConfig>>;
