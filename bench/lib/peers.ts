// Finds a Python that has what the peers need, runs them, and reads their JSON lines.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { LogdetError } from "logdet";

/** The peers in bench/peers, and the Python module that each needs. */
const PEERS = {
  "torch_step.py": "torch",
  "torch_recipe.py": "torch",
  "torch_flows.py": "torch",
  "sklearn_density.py": "sklearn",
  "sklearn_ica.py": "sklearn",
  "sklearn_anomaly.py": "sklearn",
  "sklearn_mixed.py": "sklearn",
  "sklearn_impute.py": "sklearn",
} as const;
export type Peer = keyof typeof PEERS;

/**
 * The first Python that imports `module`: $LOGDET_PYTHON, /usr/bin/python3, python3. When LOGDET_PYTHON is set,
 * it alone is tried: a benchmark never runs beside another peer than the one that was asked for.
 *
 * @throws LogdetError "usage" with the command to type, when there is none
 */
export function findPython(module: string): string {
  const asked = process.env.LOGDET_PYTHON;
  const candidates = asked ? [asked] : ["/usr/bin/python3", "python3"];
  const found = candidates.find((python) => spawnSync(python, ["-c", `import ${module}`]).status === 0);
  if (found === undefined)
    throw new LogdetError("usage", `no Python here can import ${module} (tried ${candidates.join(", ")})`, {
      hint: "type `apt-get install python3-torch python3-sklearn`, or set LOGDET_PYTHON to a Python that has both",
    });
  return found;
}

/**
 * Runs a script of bench/peers and returns the values of the JSON lines it prints, in order. Its stderr
 * goes to this process's stderr as it comes.
 *
 * @param args its command line; the number after `--threads` also becomes OMP_NUM_THREADS
 * @throws LogdetError "usage" when no Python has the module it needs; "io" when it fails or prints something else
 * @example await runPeer("torch_step.py", ["--dims", "64,256", "--threads", "2"])
 */
export async function runPeer(script: Peer, args: readonly string[]): Promise<unknown[]> {
  const python = findPython(PEERS[script]);
  // From bench/lib and from the compiled .bench/lib alike.
  const path = fileURLToPath(new URL(`../../bench/peers/${script}`, import.meta.url));
  const threads = args.includes("--threads") ? args[args.indexOf("--threads") + 1] : undefined;
  const env = {
    ...process.env,
    PYTHONDONTWRITEBYTECODE: "1",
    ...(threads !== undefined && { OMP_NUM_THREADS: threads }),
  };

  const child = spawn(python, [path, ...args], { env, stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close"); // rejects when the process cannot be started
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) if (line.trim() !== "") lines.push(line);
  const [code, signal] = await closed;
  if (code !== 0)
    throw new LogdetError("io", `${script} ended with ${signal ?? `exit code ${code}`}`, {
      where: [python, path],
      hint: "the lines above say why",
    });
  return lines.map((line) => parseLine(line, script));
}

function parseLine(line: string, script: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new LogdetError("io", `expected a line of JSON, got: ${line}`, { where: [script], cause });
  }
}
