// The processes of the benchmarks of servers: the server as its users start it, and the client of the serving one.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LogdetError } from "logdet";
import type { Load, LoadResult } from "./serve-load.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const client = fileURLToPath(new URL("serve-load.js", import.meta.url));

export interface ServerProcess {
  readonly url: string;
  /** Memory of the process, bytes; null where the system does not tell. */
  memory(): number | null;
  stop(): Promise<void>;
}

/** `logdet serve MODEL` on a free port, one thread, without a log. */
export function startServer(model: string): Promise<ServerProcess> {
  return listening(["serve", model, "--port", "0", "--log", "off", "--threads", "1"]);
}

/** `logdet studio FOLDER` on a free port. */
export function startStudio(folder: string): Promise<ServerProcess> {
  return listening(["studio", folder, "--port", "0", "--quiet"]);
}

/** A command that prints its address and then listens. */
async function listening(command: readonly string[]): Promise<ServerProcess> {
  const args = [main, ...command];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(String(data).trim()));
    child.once("exit", () => reject(new LogdetError("io", "the server did not start")));
  });
  return {
    url,
    memory: () => residentBytes(child.pid),
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function residentBytes(pid: number | undefined): number | null {
  if (process.platform !== "linux") return null;
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1024;
}

/** A client process, for one load after another. */
export class Client {
  readonly #child: ChildProcess = fork(client, ["load"]);

  run(load: Load): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      this.#child.once("message", (result) => resolve(result as LoadResult));
      this.#child.send(load, (error) => error && reject(error));
    });
  }

  stop(): void {
    this.#child.kill();
  }
}
