// Strange rows of a table: which, and why; judged by a model, or by models that have not seen them.

import "../lists.css";
import "./anomalies.css";
import { DropTable } from "../drop-table.js";
import { useFolder, useModel } from "../folder.js";
import { Choice, TablePicker } from "../pickers.js";
import { hrefOf, useRoute } from "../route.js";
import { JudgedByModel } from "./judged-by-model.js";
import { JudgedByOthers } from "./judged-by-others.js";
import { judgedBy, noChoices } from "./judged-question.js";

/** Who judges where no model does: no folder has this name. */
const others = "";

export default function AnomaliesPage() {
  const { parameters, change } = useRoute();
  const { folder } = useFolder();
  const newest = useModel(parameters.model);
  const isAsked = parameters.judge === "others";
  const model = isAsked ? undefined : newest;
  const tables = folder?.tables.map(({ name }) => name) ?? [];
  const wanted = parameters.table ?? model?.table;
  const table = wanted !== undefined && tables.includes(wanted) ? wanted : undefined;
  const choose = (some: Readonly<Record<string, string | undefined>>) =>
    change({ row: undefined, ...noChoices, ...some });
  const chooseTable = (name: string | undefined) =>
    choose(model ? { model: model.name, table: name } : { judge: "others", table: name });
  return (
    <main className="page anomalies">
      <h1 tabIndex={-1}>Anomalies</h1>
      <div className="toolbar">
        <Choice
          label="Judged by"
          value={model?.name ?? others}
          options={[...(folder?.models.map(({ name }) => name) ?? []), others]}
          words={{ [others]: "models that have not seen the row" }}
          onChoose={(name) =>
            choose(
              name === others
                ? { judge: "others", table }
                : { judge: undefined, model: name, table: undefined, alpha: undefined },
            )
          }
        />
        <TablePicker value={table} onChoose={(name) => chooseTable(name || undefined)} />
      </div>
      {table === undefined ? (
        <>
          <p className="lead">
            {model
              ? `Choose a table with the columns of ${model.name}: the model says how likely each of its rows is.`
              : "Choose a table: each of its rows is judged by a model that is fitted to others, so that none has learned the row that it judges."}
          </p>
          <DropTable onGiven={chooseTable} />
        </>
      ) : model ? (
        <JudgedByModel question={{ model: model.name, table }} />
      ) : isAsked ? (
        <JudgedByOthers table={table} />
      ) : (
        <p className="lead">
          <a className="button main" href={hrefOf("anomalies", judgedBy({ table }))}>
            Find the strange rows of {table}
          </a>
        </p>
      )}
    </main>
  );
}
