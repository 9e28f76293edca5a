// POST /sample: rows drawn from a model, by column name, as JSON, NDJSON or CSV.

import { breathe } from "../runtime/breathe.js";
import { checked, contentType, parseJson, readBody, requirePlain, textOf } from "./body.js";
import { Refusal } from "./refusal.js";
import { rowNames, rowObjects } from "./rows.js";
import { sampleQuery, sampleRequest } from "./schemas.js";
import { beginWork, countRows, type RequestContext, type Service } from "./service.js";
import { RowsWriter, textFormat } from "./text-formats.js";

/** More bytes than a request for rows can have. */
const mostBytes = 4096;

/** Rows that are written at a time: others get their turn in between. */
const rowsAtOnce = 1024;

export async function sample(service: Service, c: RequestContext): Promise<Response> {
  requirePlain(c);
  if (contentType(c) !== "application/json")
    throw new Refusal(415, "the body must be application/json", {
      hint: "Send the header Content-Type: application/json.",
    });
  const query = checked(c.req.query(), sampleQuery, ["query"]);
  const { name, generation, ticket, end } = beginWork(service, c, query.model, mostBytes);
  try {
    const body = await readBody(c, mostBytes, ticket.signal);
    const { rows: count, seed, missing } = parseJson(textOf(body), sampleRequest);
    countRows(service, c, count);
    const drawn = await generation.model.sample(count, {
      ...(seed !== undefined && { seed }),
      ...(missing !== undefined && { missing }),
    });
    ticket.signal.throwIfAborted();
    service.metrics.rows.inc({ model: name, work: "sample" }, count);
    const format = textFormat(c.req.header("accept")) ?? "json";
    const writer = new RowsWriter(format, name, rowNames(generation.model));
    const size = rowsAtOnce * generation.model.dim;
    for (let i = 0; i < drawn.length; i += size) {
      writer.add(rowObjects(generation.model, drawn.subarray(i, i + size)));
      await breathe();
      ticket.signal.throwIfAborted();
    }
    return writer.response();
  } finally {
    await end();
  }
}
