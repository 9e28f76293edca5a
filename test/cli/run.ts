// Runs the built command line as a child process, the way a user does.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { Random } from "../../src/random/index.js";

export const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment of every run: nothing that a developer's shell says about colours or debugging. */
function environment(extra: RunOptions["env"] = {}): NodeJS.ProcessEnv {
  const { NO_COLOR, FORCE_COLOR, LOGDET_DEBUG, npm_command, ...rest } = process.env;
  return { ...rest, ...extra };
}

/** `logdet ...args` to its end. */
export function logdet(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return outcome(start(process.execPath, [main, ...args], options), options.input);
}

/** A line of bash in which `logdet` is this command line. */
export function bash(line: string, options: RunOptions = {}): Promise<Outcome> {
  const quoted = [process.execPath, main].map((word) => `'${word}'`).join(" ");
  return outcome(start("bash", ["-c", `logdet() { ${quoted} "$@"; }\n${line}`], options), options.input);
}

export function start(command: string, args: readonly string[], { cwd, env }: RunOptions = {}): ChildProcess {
  return spawn(command, args, { cwd, env: environment(env), stdio: "pipe" });
}

export function outcome(child: ChildProcess, input?: string | Uint8Array): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
    child.stdin?.end(input);
  });
}

/** A folder of this test file's own, gone when its tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "logdet-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Three columns, one of them whole numbers: enough for a model, quick to fit. */
export function tinyRows(rows: number, seed = 1): number[][] {
  const random = new Random(seed);
  const normal = random.fillNormal(new Float64Array(rows * 3));
  return Array.from({ length: rows }, (_, i) => {
    const [a, b, c] = normal.subarray(3 * i, 3 * i + 3);
    return [a, 0.8 * a + 0.5 * b, Math.round(3 * c)];
  });
}

export function csv(names: readonly string[], rows: readonly (readonly (number | string)[])[]): string {
  return [names, ...rows].map((row) => `${row.join(",")}\n`).join("");
}

export function writeTinyTable(folder: string, name = "tiny.csv", rows = 300): string {
  const path = join(folder, name);
  writeFileSync(path, csv(["a", "b", "count"], tinyRows(rows)));
  return path;
}

/** Fits the tiny table in `folder`: `tiny.logdet`. A model to look at, not a good one. */
export async function fitTinyModel(folder: string): Promise<string> {
  writeTinyTable(folder);
  const { code, stderr } = await logdet(["fit", "tiny.csv", "--no-search", "--epochs", "5", "--quiet"], {
    cwd: folder,
  });
  if (code !== 0) throw new Error(`the tiny model could not be fitted: ${stderr}`);
  return join(folder, "tiny.logdet");
}
