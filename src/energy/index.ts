export type { Energy, EnergyCallback, EnergyFormula, EnergyValues } from "./energy.js";
export { fitEnergy } from "./fit-energy.js";
export { FittedEnergy, type WeightedRows } from "./fitted-energy.js";
export { forwardEss, type ImportanceEstimate, importanceEstimate } from "./importance.js";
export type { Annealing, EnergyFitEvent, EnergyFitOptions, GradientKind } from "./options.js";
export { pathGradients } from "./path-gradients.js";
export { carryScore } from "./path-score.js";
