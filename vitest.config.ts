import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Each test file gets a process of its own: ONNX Runtime keeps native state a worker thread cannot share.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
