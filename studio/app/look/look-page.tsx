// Looking at a model: its density over the data, its latent space, its draws, and what its layers do.

import "./look.css";
import { useCallback, useState } from "react";
import type { ModelEntry } from "../../../src/server/studio/answers.js";
import type { LookModel } from "../../../src/server/studio/look-answers.js";
import { useFolder, useModel } from "../folder.js";
import { ModelPicker, TablePicker } from "../pickers.js";
import { hrefOf, useRoute } from "../route.js";
import { useAnswer } from "../use-answer.js";
import { DensityView } from "./density-view.js";
import { JacobianView } from "./jacobian-view.js";
import { LatentView } from "./latent-view.js";
import { LayersView } from "./layers-view.js";
import { ModelWords } from "./model-words.js";
import { SamplesView } from "./samples-view.js";

const views = {
  density: "Density",
  latent: "Latent space",
  samples: "Samples",
  jacobian: "Jacobian",
  layers: "Layers",
} as const;
type View = keyof typeof views;

/** What of the address belongs to one model or table, and is forgotten with it. */
const ofModel = {
  ...{ x: undefined, y: undefined, others: undefined, set: undefined },
  ...{ net: undefined, i: undefined, j: undefined, page: undefined },
};
const ofTable = { row: undefined };

export default function LookPage() {
  const { parameters, change } = useRoute();
  const { folder } = useFolder();
  const model = useModel(parameters.model);
  if (!folder || !model)
    return (
      <main className="page">
        <h1 tabIndex={-1}>Look</h1>
        <p>
          There is no model in this folder yet. <a href={hrefOf("fit")}>Fit one to a table</a>, and see here
          what it has learned.
        </p>
      </main>
    );
  const isMissing = parameters.model !== undefined && parameters.model !== model.name;
  // "" is chosen: rows that the model draws.
  const table = (parameters.table ?? model.table) || undefined;
  const chooseModel = (name: string) => change({ ...ofModel, ...ofTable, model: name, table: undefined });
  return (
    <main className="page">
      <h1 tabIndex={-1}>Look</h1>
      <div className="toolbar">
        <ModelPicker value={model.name} onChoose={chooseModel} />
        <TablePicker
          label="Rows of"
          value={table ?? ""}
          none="none: rows the model draws"
          onChoose={(name) => change({ ...ofTable, table: name })}
        />
      </div>
      {isMissing && (
        <p className="problem" role="alert">
          There is no model “{parameters.model}” in this folder; this is {model.name}.
        </p>
      )}
      <Model key={model.name} model={model} table={table} />
    </main>
  );
}

function Model({ model, table }: { readonly model: ModelEntry; readonly table: string | undefined }) {
  const { parameters } = useRoute();
  const view = Object.hasOwn(views, parameters.view ?? "") ? (parameters.view as View) : "density";
  // The first picture first: what is said beside it can wait.
  const [isDrawn, setDrawn] = useState(false);
  const { answer: facts, problem } = useAnswer<LookModel>(
    isDrawn || view !== "density" ? "look/model" : undefined,
    { model: model.name },
  );
  const drawn = useCallback(() => setDrawn(true), []);
  return (
    <>
      <ModelWords model={model} facts={facts} />
      <nav className="tabs" aria-label="What to look at">
        {Object.entries(views).map(([name, title]) => (
          <a
            key={name}
            href={hrefOf("look", { ...parameters, view: name })}
            aria-current={name === view ? "page" : undefined}
          >
            {title}
          </a>
        ))}
      </nav>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {view === "density" && <DensityView model={model} table={table} facts={facts} onDrawn={drawn} />}
      {view === "latent" && <LatentView model={model} table={table} />}
      {view === "samples" && <SamplesView model={model} table={table} />}
      {view === "jacobian" && <JacobianView model={model} table={table} />}
      {view === "layers" && <LayersView model={model} table={table} />}
    </>
  );
}
