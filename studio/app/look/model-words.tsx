// What a model is, in a sentence or two; what was noticed when it was fitted.

import type { ModelEntry } from "../../../src/server/studio/answers.js";
import type { LookModel } from "../../../src/server/studio/look-answers.js";
import { addressOf } from "../ask.js";
import { count, factorInWords, nats } from "../words.js";

interface ModelWordsProps {
  readonly model: ModelEntry;
  /** Undefined until they are known. */
  readonly facts: LookModel | undefined;
}

export function ModelWords({ model, facts }: ModelWordsProps) {
  const { name, rows, tableColumns, sources, validationLogProb, standardError, gaussianLogProb, hasReport } =
    model;
  const gain = gaussianLogProb === null ? undefined : validationLogProb - gaussianLogProb;
  return (
    <section className="lead" aria-label="The model">
      <p>
        The model has learned from {count(rows, "row")} of {count(tableColumns, "column")}
        {sources.length > 0 && ` (${sources.slice(0, 3).join(", ")}${sources.length > 3 ? ", …" : ""})`} how
        likely a row is. Rows that it had not seen have a log-density of {nats(validationLogProb)} ±{" "}
        {nats(standardError)} nats on average: the higher, the better the model knows them.
        {gain !== undefined && ` ${gainInWords(gain, standardError)}`}
        {hasReport && (
          <>
            {" "}
            <a href={addressOf(`report?model=${encodeURIComponent(name)}`)} target="_blank" rel="noopener">
              The report
            </a>{" "}
            says more.
          </>
        )}
      </p>
      <details>
        <summary>How it is built, and what was noticed</summary>
        {facts && (
          <>
            <p className="note">
              From the data to a simple base density: {facts.layers}. {model.parameters.toLocaleString("en")}{" "}
              trained numbers.
            </p>
            {facts.dropped.length > 0 && (
              <p className="note">
                Columns that are not in the model: {facts.dropped.slice(0, 50).join(", ")}.
              </p>
            )}
            {facts.notices.map((notice) => (
              <p className="note" key={notice}>
                {notice}
              </p>
            ))}
          </>
        )}
      </details>
    </section>
  );
}

/** A nat is a factor of e in likelihood. */
function gainInWords(gain: number, standardError: number): string {
  if (Math.abs(gain) < Math.max(0.005, 0.1 * standardError))
    return "A Gaussian, the plainest density there is, does as well.";
  return gain > 0
    ? `That is ${nats(gain)} nats more than a Gaussian has: it finds them ${factorInWords(gain)} times as likely.`
    : `A Gaussian has ${nats(-gain)} nats more: this model has learned less than the plainest density knows.`;
}
