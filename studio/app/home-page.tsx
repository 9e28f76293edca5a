// The first page: what is in the folder, and where to begin.

import type { FolderAnswer, ModelEntry, TableEntry } from "../../src/server/studio/answers.js";
import { judgedBy } from "./anomalies/judged-question.js";
import { addressOf } from "./ask.js";
import { DropTable } from "./drop-table.js";
import { hrefOf } from "./route.js";
import { bytesInWords, count, nats } from "./words.js";

export function HomePage({ folder }: { readonly folder: FolderAnswer }) {
  const { models, broken, tables, separations, isCut } = folder;
  return (
    <main className="page">
      <h1 tabIndex={-1}>
        <span className="note">Folder</span> {folder.folder}
      </h1>
      {models.length === 0 && (
        <>
          <p className="lead">
            Find the strange rows of a table, see which of their cells make them strange, and tell whether new
            data still look like the old. Begin with a table.
          </p>
          <ol className="steps">
            <li>Drop a table below: each of its columns is shown, and what it was taken for.</li>
            <li>Start the fit: a model learns which rows are usual. Small tables take seconds.</li>
            <li>Find the strange rows: they come in order, each with the reasons why.</li>
          </ol>
        </>
      )}
      {isCut && (
        <p className="note">The folder holds more than is shown here; open the studio in a smaller one.</p>
      )}
      {models.length > 0 && (
        <section aria-labelledby="models">
          <h2 id="models">Models</h2>
          <div className="cards">
            {models.map((model) => (
              <ModelCard key={model.name} model={model} />
            ))}
          </div>
        </section>
      )}
      {separations.length > 0 && (
        <section aria-labelledby="sources">
          <h2 id="sources">Sources of signals</h2>
          <ul className="tables">
            {separations.map((name) => (
              <li key={name}>
                <strong>{name}</strong> <a href={hrefOf("sources", { name })}>Look</a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {broken.map(({ name, problem }) => (
        <p className="problem" key={name}>
          {name} cannot be used: {problem}
        </p>
      ))}
      <section aria-labelledby="tables">
        <h2 id="tables">Tables</h2>
        {tables.length > 0 && (
          <ul className="tables">
            {tables.map((table) => (
              <TableLine key={table.name} table={table} />
            ))}
          </ul>
        )}
        <DropTable onGiven={(table) => location.assign(hrefOf("fit", { table }))} />
      </section>
    </main>
  );
}

function ModelCard({ model }: { readonly model: ModelEntry }) {
  const { name, rows, tableColumns, created, validationLogProb, standardError, gaussianLogProb, table } =
    model;
  return (
    <article className="card">
      <h3>{name}</h3>
      <p>
        {count(rows, "row")} × {count(tableColumns, "column")},{" "}
        <time dateTime={created}>
          {new Date(created).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })}
        </time>
      </p>
      <p className="note">
        log-density of rows it had not seen: {nats(validationLogProb)} ± {nats(standardError)} nats each
        {gaussianLogProb !== null && `; by a Gaussian: ${nats(gaussianLogProb)}`}
      </p>
      <p className="links">
        <a href={hrefOf("look", { model: name, table })}>Look</a>
        <a href={hrefOf("anomalies", { model: name, table })}>Anomalies</a>
        {model.hasReport && (
          <a href={addressOf(`report?model=${encodeURIComponent(name)}`)} target="_blank" rel="noopener">
            Report
          </a>
        )}
      </p>
    </article>
  );
}

function TableLine({ table }: { readonly table: TableEntry }) {
  return (
    <li>
      <strong>{table.name}</strong> <span className="note">{bytesInWords(table.bytes)}</span>{" "}
      <a href={hrefOf("anomalies", judgedBy({ table: table.name }))}>Find strange rows</a>{" "}
      <a href={hrefOf("fit", { table: table.name })}>Fit a model</a>
    </li>
  );
}
