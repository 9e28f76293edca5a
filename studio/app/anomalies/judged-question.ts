// What is asked of a table whose rows are judged by models that have not seen them, and how it stands in the address.

import type { DetectQuestion } from "../../../src/server/studio/detect-answers.js";
import type { Parameters } from "../route.js";

/** What the Fit page may have chosen for the table. */
type Choices = Pick<DetectQuestion, "table" | "exclude" | "types" | "missing">;

/** Parameters of the page that judges a table's rows so. What is as usual does not stand there. */
export function judgedBy({ table, exclude = [], types = {}, missing }: Choices) {
  return {
    ...{ judge: "others", table },
    exclude: exclude.length > 0 ? JSON.stringify(exclude) : undefined,
    types: Object.keys(types).length > 0 ? JSON.stringify(types) : undefined,
    missing: missing === "model" ? undefined : missing,
  };
}

/** No choices of columns: what they are for another table. */
export const noChoices = { exclude: undefined, types: undefined, missing: undefined } as const;

/** The question that stands in the address. What cannot be read there is left to the server to refuse. */
export function questionIn({ exclude, types, missing }: Parameters, table: string): DetectQuestion {
  return {
    table,
    ...(exclude !== undefined && { exclude: read(exclude) as DetectQuestion["exclude"] }),
    ...(types !== undefined && { types: read(types) as DetectQuestion["types"] }),
    ...(missing !== undefined && { missing: missing as DetectQuestion["missing"] }),
  };
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
