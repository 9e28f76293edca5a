// logdet studio, as a user starts and stops it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { logdet, main, outcome, start, temporaryFolder, writeTinyTable } from "./run.js";

const folder = temporaryFolder();
writeTinyTable(folder);

describe("logdet studio", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "answers on this machine until %s, then ends well",
    async (signal) => {
      const child = start(process.execPath, [main, "studio", "--port", "0"], { cwd: folder });
      const ended = outcome(child);
      const url = await new Promise<string>((resolve, reject) => {
        child.stdout?.once("data", (data) => resolve(String(data).trim()));
        child.on("close", () => reject(new Error("the studio ended before it gave its address")));
      });
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await (await fetch(url)).text()).toContain("<title>logdet studio</title>");
      expect(await (await fetch(`${url}/lab/`)).text()).toContain("<title>logdet lab</title>");
      const listing = await (await fetch(`${url}/api/folder`)).json();
      expect(listing).toMatchObject({ tables: [{ name: expect.stringMatching(/\.csv$/) }] });
      child.kill(signal);
      const { code, stderr } = await ended;
      expect(code).toBe(0);
      expect(stderr).toContain("for this machine alone");
    },
  );

  it("says what is wrong, without a stack trace", async () => {
    writeFileSync(join(folder, "file.txt"), "");
    for (const [args, code, message] of [
      [["nowhere"], 1, "nowhere: there is no such folder\nMake it"],
      [["file.txt"], 1, "this is a file, not a folder"],
      [["--port", "99999"], 2, "--port"],
      [[".", "--export", "lab"], 2, "no use for a folder"],
    ] as const) {
      const { code: ended, stdout, stderr } = await logdet(["studio", ...args], { cwd: folder });
      expect({ ended, stdout }).toEqual({ ended: code, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr).not.toMatch(/^ +at /m);
    }
  });

  it("says so when the port is taken", async () => {
    const child = start(process.execPath, [main, "studio", "--port", "0", "-q"], { cwd: folder });
    const ended = outcome(child);
    const url = await new Promise<string>((resolve) =>
      child.stdout?.once("data", (data) => resolve(String(data).trim())),
    );
    const second = await logdet(["studio", "--port", new URL(url).port], { cwd: folder });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("another program listens there already");
    expect(second.stderr).toContain("--port");
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });
});
