export { type Matching, matchSources } from "./matching.js";
export { sourcesPicture } from "./picture.js";
export { checkSeparationFolder, type SaveSeparationOptions, saveSeparation } from "./save.js";
export { type IcaOptions, ica, type Separation, type Source } from "./separate.js";
