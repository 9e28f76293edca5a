export { besideCategories, categoryGaussian } from "./categories.js";
export { whitening } from "./clusters.js";
export { type Activation, activations, type DenseFlowOptions, denseFlow } from "./dense.js";
export { buildFlow, Flow, type FlowConfig } from "./flow.js";
export { type LatentMap, latentMaps } from "./latent-maps.js";
export { type Layer, layersOf } from "./layers.js";
export { type Recipe, recipe, recipes } from "./table.js";
