// How the studio's pages become static files that work from any folder of any host.

import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { workerLicenses } from "./worker-licenses.js";

/** What only Node asks for, by dynamic imports that a page never reaches. */
const rolldownOptions = {
  external: ["onnxruntime-node", "node:worker_threads"],
  checks: { pluginTimings: false },
};

export default defineConfig({
  // Addresses relative to the page, whatever folder it lies in.
  base: "./",
  publicDir: false,
  plugins: [react()],
  worker: { format: "es", rolldownOptions, plugins: () => [workerLicenses("licenses-worker.md")] },
  build: {
    target: "es2023",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What counts is the compressed size of everything, which a test measures.
    chunkSizeWarningLimit: 1000,
    emptyOutDir: true,
    license: { fileName: "licenses.md" },
    rolldownOptions,
  },
});
