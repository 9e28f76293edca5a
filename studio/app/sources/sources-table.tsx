// What is known of each source, in numbers and a word.

import type { SourceEntry } from "../../../src/server/studio/sources-answers.js";

/** Kurtosis within this of a normal's is not worth a word. */
const nearNormal = 0.3;

function shapeInWords(kurtosis: number | null): string {
  if (kurtosis === null) return "";
  if (Math.abs(kurtosis) < nearNormal) return "much like a Gaussian: hard to tell apart";
  return kurtosis > 0 ? "peaked: mostly small, at times large" : "flat: hardly any large values";
}

export function SourcesTable({ sources }: { readonly sources: readonly SourceEntry[] }) {
  const hasDensity = sources.some(({ density }) => density !== undefined);
  const hasStability = sources.some(({ stability }) => stability !== null);
  const number = (value: number | null, digits: number) =>
    value === null ? "–" : value.toFixed(digits).replace("-", "−");
  return (
    <>
      <div className="scroll shapes">
        <table>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Shape</th>
              <th scope="col">Contribution</th>
              <th scope="col">Kurtosis</th>
              {hasDensity && <th scope="col">Taken for</th>}
              {hasStability && <th scope="col">Stability</th>}
            </tr>
          </thead>
          <tbody>
            {sources.map(({ name, contribution, kurtosis, density, stability }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{shapeInWords(kurtosis)}</td>
                <td>{contribution === null ? "–" : `${(100 * contribution).toFixed(1)} %`}</td>
                <td>{number(kurtosis, 2)}</td>
                {hasDensity && <td>{density ?? "–"}</td>}
                {hasStability && <td>{number(stability, 3)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="note">
        Contribution: the share of what varies in the columns. Kurtosis: 0 for a Gaussian, above for peaked
        sources, below for flat ones.
        {hasDensity && " Taken for: which of two densities the separation gave the source."}
        {hasStability
          ? " Stability: correlation with the same source found from other starts; 1 is the same again."
          : " Run logdet ica with --starts 5 to learn how stable they are."}
      </p>
    </>
  );
}
