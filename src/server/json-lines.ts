// NDJSON: an object a line, whole or as it comes.

import { parseJson } from "./body.js";
import { Refusal } from "./refusal.js";
import type { Row } from "./rows.js";
import { jsonLine } from "./schemas.js";

/** Rows that are scored and answered together; a line longer than this many characters is refused. */
const mostLines = 1024;
const longestLine = 2 ** 20;

/**
 * The rows of some lines; blank ones are none.
 *
 * @param first rows before these
 * @throws Refusal 400 that names the row
 */
export function jsonLines(lines: readonly string[], first: number): Row[] {
  return lines
    .filter((line) => line.trim() !== "")
    .map((line, i) => parseJson(line, jsonLine, [`row ${first + i + 1}`]));
}

/**
 * Lines of text in batches, as many as have come and 1,024 at most. The last may lack its end.
 *
 * @throws Refusal 400 if the bytes are not UTF-8, 413 if a line has more than 2²⁰ characters
 */
export async function* lineBatches(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  const decode = (piece?: Uint8Array) => {
    try {
      return decoder.decode(piece, { stream: piece !== undefined });
    } catch {
      throw new Refusal(400, "the body is not UTF-8 text");
    }
  };
  for await (const piece of pieces) {
    const lines = (rest + decode(piece)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > longestLine || lines.some((line) => line.length > longestLine))
      throw new Refusal(413, `a line is longer than ${longestLine} characters`);
    for (let i = 0; i < lines.length; i += mostLines) yield lines.slice(i, i + mostLines);
  }
  rest += decode();
  if (rest !== "") yield [rest];
}
