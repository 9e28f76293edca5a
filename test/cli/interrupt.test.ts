// Ctrl-C: what is worth keeping is kept.

import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { onInterrupt } from "../../src/cli/interrupt.js";
import { logdet, main, outcome, start, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();

beforeAll(() => {
  writeTinyTable(folder);
});

/** Until a process has said this on standard error. */
function said(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr?.on("data", (chunk) => {
      text += chunk;
      if (pattern.test(text)) resolve();
    });
    child.on("close", () => reject(new Error(`it ended without saying ${pattern}: ${text}`)));
  });
}

describe("a fit that takes long", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "is stopped by %s and saves the best model so far",
    async (signal) => {
      const out = `${signal}.logdet`;
      const args = [main, "fit", "tiny.csv", "--epochs", "1000000", "--out", out];
      const child = start(process.execPath, args, { cwd: folder });
      const ended = outcome(child);
      await said(child, /train .*held out /);
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect(code).toBe(0);
      expect(stderr).toContain("Stopping; the best model so far, if there is one, will be saved.");
      expect(stdout).toContain("interrupted");
      const scored = await logdet(["score", out, "tiny.csv", "--quiet"], { cwd: folder });
      expect(scored.code).toBe(0);
      expect(scored.stdout.trimEnd().split("\n")).toHaveLength(301);
    },
  );
});

it("a fit that tries several nets, stopped at the second, tries no other and keeps the better of both", async () => {
  const args = [main, "fit", "tiny.csv", "--epochs", "8000", "--out", "second.logdet"];
  const child = start(process.execPath, args, { cwd: folder });
  const ended = outcome(child);
  await said(child, /net 2 of at most \d .*held out /);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  expect({ code, others: stderr.match(/net [3-9] of/) }).toEqual({ code: 0, others: null });
  expect(stdout).toContain("interrupted");
  const { training } = JSON.parse(readFileSync(join(folder, "second.logdet", "config.json"), "utf8"));
  expect(training.runs).toHaveLength(2);
  expect(training.stoppedBy).toBe("interrupted");
  const [first, second] = training.runs;
  if (!(first.kept && second.kept))
    expect(first.kept).toBe(first.validationLogProb >= second.validationLogProb);
});

it("a fit that has not begun ends with 130 and leaves nothing", async () => {
  const temporary = join(folder, "temporary");
  mkdirSync(temporary);
  const args = [main, "fit", "-", "--out", "never.logdet"];
  const child = start(process.execPath, args, { cwd: folder, env: { TMPDIR: temporary } });
  // Not `outcome`: that would end standard input.
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  // It waits for standard input once it has made the place where that is kept.
  while (readdirSync(temporary).length === 0) await wait(20);
  child.kill("SIGINT");
  expect(await ended).toBe(130);
  expect(stderr).toContain("error: stopped before there was a model to keep; nothing was written");
  expect(readdirSync(temporary)).toEqual([]);
  expect(existsSync(join(folder, "never.logdet"))).toBe(false);
});

describe("signals", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Sends a signal to what `onInterrupt` has put in place, and to nothing else. */
  function interruptible() {
    vi.useFakeTimers({ toFake: ["performance"] });
    const exit = vi.spyOn(process, "exit").mockImplementation((() => {}) as () => never);
    const onFirst = vi.fn();
    const before = new Set(process.listeners("SIGINT"));
    const interruption = onInterrupt(onFirst);
    const added = process.listeners("SIGINT").filter((listener) => !before.has(listener));
    const send = () => {
      for (const listener of added) listener("SIGINT");
    };
    return { exit, onFirst, interruption, send };
  }

  it("ask once, and end the process when they come again", () => {
    const { exit, onFirst, interruption, send } = interruptible();
    send();
    expect(interruption.signal.aborted).toBe(true);
    vi.advanceTimersByTime(2000);
    expect(exit).not.toHaveBeenCalled();
    send();
    expect(exit).toHaveBeenCalledWith(130);
    expect(onFirst).toHaveBeenCalledTimes(1);
    interruption.release();
  });

  it("that npx passes on are not taken for a second one", () => {
    const { exit, interruption, send } = interruptible();
    send();
    vi.advanceTimersByTime(5);
    send();
    expect(exit).not.toHaveBeenCalled();
    interruption.release();
  });

  it("are the system's again afterwards", () => {
    const before = process.listenerCount("SIGINT");
    const { interruption } = interruptible();
    expect(process.listenerCount("SIGINT")).toBe(before + 1);
    interruption.release();
    expect(process.listenerCount("SIGINT")).toBe(before);
  });
});
