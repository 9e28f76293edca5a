import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // Benchmarks and examples import the package by its name; tests run them on the sources.
    alias: { logdet: fileURLToPath(new URL("src/index.ts", import.meta.url)) },
  },
  test: {
    include: ["test/**/*.test.ts"],
    // Each test file gets a process of its own: ONNX Runtime keeps native state a worker thread cannot share.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
