// The studio's folder: what a page sees of it, and that nothing outside of it can be reached.

import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { FolderAnswer } from "../../../src/server/studio/answers.js";
import { OpenModels, StudioFolder } from "../../../src/server/studio/index.js";
import { errorOf, numbersModel, save } from "../served.js";
import { workplace } from "./workplace.js";

const secret = "a,b,c\n1,2,3\n";

const place = await workplace(async (folder, around) => {
  mkdirSync(join(folder, "data", "deep", "deeper", "deepest"), { recursive: true });
  mkdirSync(join(folder, ".hidden"));
  mkdirSync(join(folder, "node_modules"));
  writeFileSync(join(around, "secret.csv"), secret);
  for (const name of [
    "rows.csv",
    "data/more.csv",
    "data/deep/deeper/far.csv",
    "data/deep/deeper/deepest/x.csv",
  ])
    writeFileSync(join(folder, name), "a,b,c\n1,2,3\n");
  for (const name of [".hidden/rows.csv", ".env.csv", "node_modules/rows.csv", "notes.txt"])
    writeFileSync(join(folder, name), "a\n1\n");
  writeFileSync(join(folder, "settings.json"), ' {"a": 1}');
  writeFileSync(join(folder, "rows.json"), ' [{"a": 1}]');
  symlinkSync(join(around, "secret.csv"), join(folder, "link.csv"));
  symlinkSync(around, join(folder, "way-out"));
  symlinkSync(join(folder, "rows.csv"), join(folder, "inside.csv"));
  symlinkSync(join(folder, "round.csv"), join(folder, "round.csv"));
  const model = await numbersModel();
  await save(model, join(folder, "numbers.logdet"));
  writeFileSync(join(folder, "numbers.logdet", "report.html"), "<!doctype html><script>alert(1)</script>");
  await save(model, join(folder, "data", "older.logdet"));
  await save(model, join(around, "outside.logdet"));
  for (const [name, files] of [
    ["broken.logdet", { "config.json": "{", "model.safetensors": "" }],
    ["linked.logdet", { "config.json": "../../outside.logdet/config.json" }],
  ] as const) {
    mkdirSync(join(folder, name));
    for (const [file, content] of Object.entries(files))
      if (name === "linked.logdet") symlinkSync(content, join(folder, name, file));
      else writeFileSync(join(folder, name, file), content);
  }
  writeFileSync(join(folder, "linked.logdet", "model.safetensors"), "");
  mkdirSync(join(folder, "signals.ica"));
  writeFileSync(join(folder, "signals.ica", "ica.json"), "{}");
});

describe("what is in the folder", async () => {
  const answer = (await (await place.get("/api/folder")).json()) as FolderAnswer;

  it("has the tables that lie in it, not deeper than three folders, none hidden and none by a link", () => {
    expect(answer.tables.map(({ name }) => name)).toEqual([
      "data/deep/deeper/far.csv",
      "data/more.csv",
      "rows.csv",
      "rows.json",
    ]);
    const { size, mtime } = { size: 12, mtime: expect.stringMatching(/^\d{4}-/) };
    expect(answer.tables[2]).toEqual({ name: "rows.csv", bytes: size, modified: mtime });
  });

  it("has the models, and says what is wrong with those that cannot be used", () => {
    expect(answer.models.map(({ name }) => name).sort()).toEqual(["data/older.logdet", "numbers.logdet"]);
    expect(answer.models.find(({ name }) => name === "numbers.logdet")).toMatchObject({
      columns: ["a", "b", "c"],
      hasReport: true,
    });
    expect(answer.broken.map(({ name }) => name)).toEqual(["broken.logdet", "linked.logdet"]);
    expect(answer.broken[0].problem).toContain("not JSON");
    expect(answer.broken[1].problem).toContain("not in the studio's folder");
    expect(answer.separations).toEqual(["signals.ica"]);
    expect(answer).toMatchObject({ folder: "work", isCut: false });
    expect(JSON.stringify(answer)).not.toContain(place.around);
  });
});

describe("names that lead out of the folder", () => {
  it.each([
    "../secret.csv",
    "data/../../secret.csv",
    "data/../rows.csv",
    "./rows.csv",
    "/etc/passwd",
    "C:\\secret.csv",
    "data\\more.csv",
    "..\\secret.csv",
    "link.csv",
    "way-out/secret.csv",
    "way-out",
    ".hidden/rows.csv",
    ".env.csv",
    "rows.csv\0.csv",
    "",
    "data//more.csv",
  ])("refuses %j", async (name) => {
    await expect(place.studio.folder.resolve(name)).rejects.toMatchObject({ status: 403 });
    await expect(place.studio.folder.resolveTable(name)).rejects.toMatchObject({ status: 403 });
    await expect(place.studio.folder.resolveModel(name)).rejects.toMatchObject({ status: 403 });
  });

  it("follows a link that stays in the folder, and says of what is not there that it is not there", async () => {
    expect(await place.studio.folder.resolveTable("inside.csv")).toBe(join(place.folder, "rows.csv"));
    expect(await place.studio.folder.resolveTable("data/more.csv")).toBe(
      join(place.folder, "data", "more.csv"),
    );
    for (const name of ["nowhere.csv", "rows.csv/more.csv", "round.csv", `${"x".repeat(300)}.csv`])
      await expect(place.studio.folder.resolveTable(name)).rejects.toMatchObject({ status: 404 });
    for (const name of ["data", "notes.txt", "numbers.logdet/config.txt"])
      await expect(place.studio.folder.resolveTable(name)).rejects.toMatchObject({
        status: expect.toSatisfy((status: number) => [400, 404].includes(status)),
      });
  });

  it("never gives a path outside, whatever the name", async () => {
    const parts = fc.constantFrom(
      "..",
      ".",
      "",
      "way-out",
      "secret.csv",
      "data",
      "link.csv",
      "rows.csv",
      "\0",
      "/",
      "~",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(parts, fc.string()), { maxLength: 6 }), async (names) => {
        const path = await place.studio.folder.resolve(names.join("/")).catch((error) => {
          expect([403, 404]).toContain(error.status);
        });
        if (path) expect(path.startsWith(`${place.folder}/`)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("refuses a model whose files lie outside, though its folder does not", async () => {
    const use = place.studio.models.use("linked.logdet", async () => "used");
    await expect(use).rejects.toMatchObject({ status: 403 });
  });
});

describe("a table that a page gives", () => {
  const put = (name: string, body: string, headers: Record<string, string> = {}) =>
    place.app.request(`/api/tables/${encodeURIComponent(name)}`, {
      method: "PUT",
      headers: { "Content-Type": "application/octet-stream", ...headers },
      body,
    });

  it("is written into the folder under its name", async () => {
    const response = await put("given ü.csv", "x,y\n1,2\n");
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ name: "given ü.csv", bytes: 8 });
    expect(readFileSync(join(place.folder, "given ü.csv"), "utf8")).toBe("x,y\n1,2\n");
  });

  it("never replaces what is there", async () => {
    const response = await put("rows.csv", "other\n1\n");
    expect(response.status).toBe(409);
    expect(await errorOf(response)).toContain("already");
    expect(readFileSync(join(place.folder, "rows.csv"), "utf8")).toBe("a,b,c\n1,2,3\n");
    expect((await put("link.csv", "other\n1\n")).status).toBe(409);
    expect(readFileSync(join(place.around, "secret.csv"), "utf8")).toBe(secret);
  });

  it.each([
    "../out.csv",
    "/tmp/out.csv",
    "..\\out.csv",
    ".hidden.csv",
    "a/b.csv",
    "out.sh",
    "out.html",
    "\n.csv",
    ".csv",
  ])("is not written as %j", async (name) => {
    const response = await put(name, "x\n1\n");
    expect(response.status).toBe(400);
    await errorOf(response);
    expect(existsSync(join(place.around, "out.csv"))).toBe(false);
  });

  it("does not replace a file that has come under its name meanwhile", async () => {
    const before = readdirSync(place.folder);
    // As if the name had been free when it was looked at.
    const free = vi.spyOn(place.studio.folder, "placeFor").mockResolvedValue(join(place.folder, "rows.csv"));
    const response = await put("rows.csv", "other\n1\n");
    free.mockRestore();
    expect([response.status, await errorOf(response)]).toEqual([409, expect.stringContaining("already")]);
    expect(readFileSync(join(place.folder, "rows.csv"), "utf8")).toBe("a,b,c\n1,2,3\n");
    expect(readdirSync(place.folder)).toEqual(before);
  });

  it("leaves nothing behind when the page breaks off", async () => {
    const before = readdirSync(place.folder);
    const broken = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("x,y\n")),
      pull: (controller) => controller.error(new Error("gone")),
    });
    const response = await place.app.request("/api/tables/half.csv", {
      ...{ method: "PUT", body: broken, duplex: "half" },
      headers: { "Content-Type": "application/octet-stream" },
    } as RequestInit);
    expect(response.status).toBe(400);
    expect(readdirSync(place.folder)).toEqual(before);
  });
});

describe("a model's report", () => {
  it("is shown without scripts and as no part of the studio", async () => {
    const response = await place.get("/api/report?model=numbers.logdet");
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("alert(1)");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^sandbox; default-src 'none'/);
    expect(policy).not.toContain("allow-");
    expect(policy).not.toContain("script-src");
  });

  it.each(["", "../outside.logdet", "way-out/outside.logdet", "nowhere.logdet", "data/older.logdet"])(
    "of %j is none",
    async (name) => {
      const response = await place.get(`/api/report?model=${encodeURIComponent(name)}`);
      expect([403, 404]).toContain(response.status);
      await errorOf(response);
    },
  );
});

describe("who may ask", () => {
  it.each<Record<string, string>>([
    { Host: "evil.example" },
    { Host: "evil.example:4747" },
    { Host: "localhost.evil.example" },
    { Host: "localhost:4747", Origin: "http://evil.example" },
    { Host: "localhost:4747", Origin: "http://localhost:9999" },
    { Host: "localhost:4747", Origin: "null" },
    { Host: "localhost:4747", "Sec-Fetch-Site": "cross-site" },
  ])("not %o", async (headers) => {
    for (const [path, method] of [
      ["/", "GET"],
      ["/api/folder", "GET"],
      ["/api/tables/evil.csv", "PUT"],
    ]) {
      const body = method === "PUT" ? "x\n1\n" : null;
      const response = await place.app.request(path, { method, headers, body });
      expect(response.status).toBe(403);
      const words = await errorOf(response);
      expect(words).not.toContain(place.around);
      // An option of the scoring server alone.
      expect(words).not.toContain("--");
    }
    expect(existsSync(join(place.folder, "evil.csv"))).toBe(false);
  });

  it("the page itself", async () => {
    const headers = {
      Host: "localhost:4747",
      Origin: "http://localhost:4747",
      "Sec-Fetch-Site": "same-origin",
    };
    const response = await place.app.request("/api/folder", { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("gives no page by a path in the file system", async () => {
    for (const path of [
      "/../package.json",
      "/%2e%2e/package.json",
      "/assets/../../package.json",
      "/etc/passwd",
    ])
      expect((await place.get(path)).status).toBe(404);
  });
});

describe("open models", () => {
  it("are read anew when their files change, and stay while somebody uses them", async () => {
    const { models } = place.studio;
    const config = join(place.folder, "numbers.logdet", "config.json");
    await models.use("numbers.logdet", async (first) => {
      expect(await models.use("numbers.logdet", async (same) => same === first)).toBe(true);
      utimesSync(config, new Date(2001, 0, 1), new Date(2001, 0, 1));
      expect(await models.use("numbers.logdet", async (other) => other === first)).toBe(false);
      // The old one still computes for whoever holds it.
      expect(await first.logProb([[0, 1, 2]])).toHaveLength(1);
    });
  });

  it("are freed when their files change while nobody uses them", async () => {
    const { models } = place.studio;
    const config = join(place.folder, "numbers.logdet", "config.json");
    const first = await models.use("numbers.logdet", async (model) => model);
    const release = vi.spyOn(first, "release");
    utimesSync(config, new Date(2002, 0, 1), new Date(2002, 0, 1));
    expect(await models.use("numbers.logdet", async (other) => other === first)).toBe(false);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it("are freed when three others were used since, and when the studio ends", async () => {
    const models = new OpenModels(place.studio.folder);
    const names = ["numbers.logdet", "data/older.logdet", "data/third.logdet", "data/fourth.logdet"];
    for (const name of names.slice(2)) await save(await numbersModel(), join(place.folder, name));
    const opened = (name: string) => models.use(name, async (model) => vi.spyOn(model, "release"));
    const first = await opened(names[0]);
    const others = await Promise.all(names.slice(1).map(opened));
    expect(first).toHaveBeenCalledOnce();
    for (const other of others) expect(other).not.toHaveBeenCalled();
    await models.close();
    for (const other of others) expect(other).toHaveBeenCalledOnce();
  });

  it("that cannot be loaded are tried anew", async () => {
    const { models } = place.studio;
    const use = () => models.use("broken.logdet", async () => true);
    await expect(use()).rejects.toMatchObject({ code: "model" });
    await expect(use()).rejects.toMatchObject({ code: "model" });
  });
});

describe("a folder that changes while it is looked at", () => {
  it("is told without what has gone", async () => {
    const other = await workplace((folder) => {
      mkdirSync(folder);
      writeFileSync(join(folder, "rows.csv"), "a\n1\n");
    });
    const busy = setInterval(() => {
      writeFileSync(join(other.folder, "brief.json"), "[]");
      rmSync(join(other.folder, "brief.json"));
    });
    try {
      for (let i = 0; i < 30; i++) {
        const response = await other.get("/api/folder");
        expect(response.status).toBe(200);
        expect(await response.text()).toContain("rows.csv");
      }
    } finally {
      clearInterval(busy);
    }
  });

  it("says that it has gone", async () => {
    const other = await workplace((folder) => {
      mkdirSync(folder);
      writeFileSync(join(folder, "rows.csv"), "a\n1\n");
    });
    rmSync(other.folder, { recursive: true });
    const response = await other.get("/api/folder");
    expect(response.status).toBe(404);
    const problem = await errorOf(response);
    expect(problem).toContain("it has just gone");
    expect(problem).not.toContain(other.around);
  });
});

describe("pipes, whose end never comes,", () => {
  it("are read as nothing", async () => {
    const other = await workplace(async (folder) => {
      await save(await numbersModel(), join(folder, "piped.logdet"));
      await save(await numbersModel(), join(folder, "reported.logdet"));
      mkdirSync(join(folder, "piped.ica"));
      rmSync(join(folder, "piped.logdet", "config.json"));
      for (const name of [
        "rows.csv",
        "piped.logdet/config.json",
        "reported.logdet/report.html",
        "piped.ica/ica.json",
      ])
        execFileSync("mkfifo", [join(folder, name)]);
    });
    expect(await other.studio.folder.list()).toMatchObject({
      models: [{ name: "reported.logdet" }],
      broken: [{ name: "piped.logdet", problem: expect.stringContaining("is no file") }],
      tables: [],
    });
    for (const response of [
      await other.get("/api/report?model=reported.logdet"),
      await other.get("/api/curves?model=piped.logdet"),
      await other.ask("/api/look/model", { model: "piped.logdet" }),
      await other.ask("/api/columns", { table: "rows.csv" }),
      await other.ask("/api/sources", { name: "piped.ica" }),
    ]) {
      expect(response.status).toBe(400);
      expect(await errorOf(response)).toMatch(/is no (file|table)/);
    }
  });
});

it("opens no file as a folder, and nothing that is not there", async () => {
  await expect(StudioFolder.open(join(place.folder, "rows.csv"))).rejects.toMatchObject({
    message: expect.stringMatching(/file, not a folder/),
  });
  await expect(StudioFolder.open(join(place.folder, "nowhere"))).rejects.toMatchObject({
    message: expect.stringMatching(/there is no such folder/),
  });
});
