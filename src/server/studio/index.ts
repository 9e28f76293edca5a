export { createStudioApp } from "./app.js";
export { Detections } from "./detections.js";
export { StudioFolder } from "./folder.js";
export { OpenModels } from "./open-models.js";
export { readBuilt, readPages } from "./pages.js";
export { Runs } from "./runs.js";
export { type StudioOptions, type StudioServing, startStudio } from "./start.js";
export type { Studio } from "./studio.js";
export { StudioTables } from "./tables.js";
