// logdet serve, as a user starts and stops it.

import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fitTinyModel, logdet, main, start, temporaryFolder } from "./run.js";

const folder = temporaryFolder();
const model = await fitTinyModel(folder);
const token = "0123456789abcdef";
writeFileSync(join(folder, "token.txt"), `${token}\n`);
writeFileSync(join(folder, "short.txt"), "abc\n");

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts the server on a free port, and waits for its address. */
async function serving(args: readonly string[] = [], env: Record<string, string> = {}) {
  const child = start(process.execPath, [main, "serve", model, "--port", "0", ...args], { cwd: folder, env });
  children.push(child);
  let stderr = "";
  child.stderr?.on("data", (data) => {
    stderr += data;
  });
  // "close" comes once all that it wrote has been read, "exit" may come before.
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once("data", (data) => resolve(String(data).trim()));
    child.on("close", () => reject(new Error(`the server ended: ${stderr}`)));
  });
  return { child, url, ended, stderr: () => stderr };
}

describe("logdet serve", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("scores until %s, then ends well", async (signal) => {
    const { child, url, ended, stderr } = await serving();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${url}/score`, {
      ...{ method: "POST", headers: { "Content-Type": "text/csv" }, body: "a,b,count\n0,0,1\n" },
    });
    expect(await response.text()).toMatch(/^a,b,count,log_prob,p_value\n0,0,1,-?\d/);
    child.kill(signal);
    expect(await ended).toBe(0);
    const events = stderr()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).event);
    expect(events).toEqual(["listening", "request", "closing", "closed"]);
  });

  it("gives the numbers that logdet score gives", async () => {
    const { url } = await serving(["--log", "off"]);
    const table = "a,b,count\n0.5,-1,2\n2,2,0\n";
    writeFileSync(join(folder, "new.csv"), table);
    const body = { method: "POST", headers: { "Content-Type": "text/csv" }, body: table };
    const served = await (await fetch(`${url}/score?alpha=0.2`, body)).text();
    const { stdout } = await logdet(["score", model, "new.csv", "--alpha", "0.2"], { cwd: folder });
    const numbers = (text: string) =>
      text
        .split("\n")
        .slice(1, 3)
        .map((line) => line.split(",").map(Number));
    for (const [i, line] of numbers(stdout).entries())
      for (const [k, value] of line.slice(0, 5).entries())
        expect(numbers(served)[i][k]).toBeCloseTo(value, 4);
    expect(served.split("\n")[0]).toBe(stdout.split("\n")[0]);
  });

  it("asks for the token of a file, or of the environment", async () => {
    const withToken = { headers: { Authorization: `Bearer ${token}` } };
    for (const { url } of [
      await serving(["--token-file", "token.txt"]),
      await serving([], { LOGDET_TOKEN: token }),
    ]) {
      expect((await fetch(`${url}/v2`)).status).toBe(401);
      expect((await fetch(`${url}/v2`, withToken)).status).toBe(200);
    }
  });

  it.each([
    [
      "a wider address without a token",
      ["--host", "0.0.0.0"],
      2,
      /others could reach the server at 0\.0\.0\.0/,
    ],
    ["a short token", ["--token-file", "short.txt"], 2, /16 or more/],
    [
      "a token that is not there",
      ["--token-file", "none.txt"],
      1,
      /the token cannot be read: there is no such file/,
    ],
    ["a port that is none", ["--port", "70000"], 2, /from 0 to 65535/],
    ["a limit of nothing", ["--max-body", "0"], 2, /above 0/],
  ])("refuses %s", async (_, args, code, message) => {
    const outcome = await logdet(["serve", model, ...args], { cwd: folder });
    expect(outcome).toMatchObject({ code, stdout: "", stderr: expect.stringMatching(message) });
  });

  it("refuses a folder that is no model", async () => {
    const outcome = await logdet(["serve", "nowhere.logdet"], { cwd: folder });
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringMatching(/no such model folder/) });
  });

  it("explains itself, with an example", async () => {
    const { code, stdout } = await logdet(["serve", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}logdet serve /);
  });
});
