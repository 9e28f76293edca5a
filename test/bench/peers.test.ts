// How peers are found and read. A stand-in for Python answers, so that these tests need none.

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findPython, runPeer } from "../../bench/lib/peers.js";
import { LogdetError } from "../../src/errors.js";

let folder: string;

/** A program that imports whatever it is asked to, and runs `script` in place of a peer. */
async function standIn(script: string): Promise<string> {
  const path = join(folder, "python");
  await writeFile(path, `#!/bin/sh\nif [ "$1" = "-c" ]; then exit 0; fi\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv("LOGDET_PYTHON", path);
  return path;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "logdet-peers-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("peers", () => {
  it("use the Python that LOGDET_PYTHON names", async () => {
    const path = await standIn("exit 0");
    expect(findPython("torch")).toBe(path);
  });

  it("say what to install when no Python has the module", () => {
    vi.stubEnv("LOGDET_PYTHON", join(folder, "absent"));
    const attempt = () => findPython("torch");
    expect(attempt).toThrow(LogdetError);
    expect(attempt).toThrow(/can import torch \(tried .*absent\)/);
    try {
      attempt();
    } catch (error) {
      expect((error as LogdetError).hint).toContain("apt-get install python3-torch python3-sklearn");
    }
  });

  it("get their arguments and thread count, and give back their JSON lines in order", async () => {
    await standIn(
      `echo "{\\"script\\": \\"$1\\", \\"dims\\": \\"$3\\", \\"threads\\": $OMP_NUM_THREADS}"; echo; echo '[null]'`,
    );
    const lines = await runPeer("torch_step.py", ["--dims", "64", "--threads", "3"]);
    expect(lines).toEqual([
      { script: expect.stringMatching(/bench\/peers\/torch_step\.py$/), dims: "64", threads: 3 },
      [null],
    ]);
  });

  it("fail with the exit code when the script fails", async () => {
    await standIn("echo '{}'; exit 3");
    await expect(runPeer("torch_step.py", [])).rejects.toThrow(/torch_step\.py ended with exit code 3/);
  });

  it("fail when the script prints something that is not JSON", async () => {
    await standIn("echo 'hello'");
    await expect(runPeer("sklearn_density.py", [])).rejects.toThrow(/expected a line of JSON, got: hello/);
  });
});
