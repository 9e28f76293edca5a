// Small files for the tests of this folder, in a temporary folder of their own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { LogdetError } from "../../src/errors.js";

/** A folder that is removed when the file's tests are done, and a function that writes files into it. */
export function temporaryFolder(): {
  folder: string;
  file: (name: string, content: string | Uint8Array) => string;
} {
  const folder = mkdtempSync(join(tmpdir(), "logdet-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    file: (name, content) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
  };
}

/** The LogdetError that a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<LogdetError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LogdetError) return error;
    throw error;
  }
  throw new Error("expected a LogdetError, got none");
}
