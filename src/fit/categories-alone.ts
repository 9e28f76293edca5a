// A table in which no number varies: the distribution of its categories is the model, and no net is trained.

import { besideCategories } from "../flows/index.js";
import type { Random } from "../random/index.js";
import { ParameterStore } from "../runtime/index.js";
import type { Categories } from "./categories.js";
import { categoriesOf } from "./categories.js";
import type { FitOptions } from "./options.js";
import type { Prepared } from "./prepare.js";
import { type Candidate, candidateOf } from "./train.js";

/** The model of categories alone, and what it is compared with. */
export interface CategoriesAlone {
  readonly candidate: Candidate;
  /** Log-probabilities of the validation rows if the columns were independent, each with its own frequencies; nats. */
  readonly independent: Float64Array;
}

export async function categoriesAlone(prepared: Prepared, random: Random): Promise<CategoriesAlone> {
  const { columns, slots, validation } = prepared;
  const candidate = (classes?: number) => {
    const { build } = categoriesOf(columns, slots, random.split("categories"), classes) as Categories;
    const flow = besideCategories(undefined, build());
    return candidateOf({ flow, store: new ParameterStore(Object.values(flow.parameters)) }, validation);
  };
  return { candidate: await candidate(), independent: (await candidate(1)).logProb };
}

/** Options that speak of nets and their training, or of numbers. */
const ofNets = [
  ...["flow", "layers", "activation", "components", "frontBins", "bins", "base", "jacobian", "optimizer"],
  ...["learningRate", "batch", "epochs", "patience", "noise", "lipschitz", "monitor", "search", "members"],
  ...["robust", "jitter"],
] as readonly (keyof FitOptions)[];

/** What whoever fits such a table should know; options that ask for something and have nothing to act on are named. */
export function aloneNotice(options: FitOptions): string {
  const idle = ofNets.filter((name) => options[name]);
  return (
    "No column of numbers varies: the model is the probability of the categories alone, by latent classes, and no net is " +
    `trained.${idle.length > 0 ? ` Without effect here: ${idle.join(", ")}.` : ""}`
  );
}
