export { type AppOptions, createApp } from "./app.js";
export { Log } from "./log.js";
export { Metrics } from "./metrics.js";
export { Models } from "./models.js";
export { defaultLimits, type Limits, type LogFormat, logFormats, type ServeOptions } from "./options.js";
export { type Serving, serve } from "./serve.js";
