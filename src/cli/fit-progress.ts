// What a running fit shows: notices, which choices were made, and how the likelihood goes.

import type { FitListener } from "../fit/index.js";
import { runWords } from "../model/run-words.js";
import { countOf, formatCount, formatNats, formatNumber } from "./format.js";
import type { Output } from "./output.js";

/**
 * A listener that tells a fit's events to `output`.
 *
 * @param outlook a sentence on what comes of it
 */
export function showFit(
  output: Output,
  outlook = "Ctrl-C stops and keeps the best model so far.",
): FitListener {
  let steps = 0;
  let likelihood = "";
  let setting = "";
  return (event) => {
    if (event.type === "notice") output.note(`Note: ${event.text}`);
    else if (event.type === "plan") {
      const { plan, rows, dim } = event;
      const table = `${countOf(rows, "row")} × ${countOf(dim, "column")}`;
      const runs = plan.runs > 1 ? `up to ${plan.runs} nets, each ` : "";
      output.note(
        plan.runs === 0
          ? `Fitting ${table} of categories.`
          : `Fitting ${table}: ${runs}${countOf(plan.steps, "step")} of ${countOf(plan.recipe.batch, "row")}. ${outlook}`,
      );
      steps = plan.steps;
    } else if (event.type === "run") setting = event.runs > 1 ? runWords(event.setting) : "";
    else if (event.type === "training") {
      const { run, runs } = event;
      const training = event.event;
      if (training.type === "rollback")
        output.note(
          `Note: at step ${formatCount(training.step)} ${training.reason}: back to the best weights, ` +
            `the learning rate times ${formatNumber(training.rateFactor)} from here on.`,
        );
      if (training.type === "evaluation")
        likelihood = `train ${formatNats(-training.trainNll)}, held out ${formatNats(-training.validationNll)} nats`;
      if (training.type !== "evaluation" && training.type !== "step") return;
      const total = formatCount(steps);
      output.progress.update({
        done: (run - 1) * steps + training.step,
        total: runs * steps,
        label: runs > 1 ? `net ${run} of at most ${runs} (${setting})` : undefined,
        text: `${formatCount(training.step).padStart(total.length)}/${total}  ${likelihood}`,
      });
    }
  };
}
