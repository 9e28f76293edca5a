// The folder that the studio works in: what is in it, and the only way from a name that a page sends to a path.

import type { Dirent } from "node:fs";
import { lstat, open, readdir, readFile, realpath } from "node:fs/promises";
import { basename, isAbsolute, join, sep } from "node:path";
import { LogdetError } from "../../errors.js";
import { parseModelConfig } from "../../model/config.js";
import { exists, fileError } from "../../model/index.js";
import { version } from "../../version.js";
import { Refusal, shorten } from "../refusal.js";
import type { BrokenEntry, FolderAnswer, ModelEntry, TableEntry } from "./answers.js";
import { problemText } from "./problems.js";

/** Folders within folders that are looked into, and entries that are looked at. */
const deepest = 3;
const mostEntries = 5000;
/** A config.json larger than this is none of ours. */
export const largestConfig = 64 * 2 ** 20;

/** Files that can be read as tables, by their endings. `.json` files are looked into. */
const tableEnding = /\.(csv|tsv|parquet|ndjson|jsonl|json)(\.gz|\.zst)?$/i;

export const isTableName = (name: string): boolean => tableEnding.test(name);

/** The parts of a model that are read: none of them may lead out of the folder. */
const modelFiles = ["config.json", "model.safetensors"] as const;

/** A folder, by its real path. */
export class StudioFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws LogdetError "io" if there is no such folder */
  static async open(path: string): Promise<StudioFolder> {
    if (!(await exists(path)))
      throw new LogdetError("io", "there is no such folder", {
        where: [path],
        hint: "Make it, or name the one that holds your tables.",
      });
    try {
      const real = await realpath(path);
      if ((await lstat(real)).isDirectory()) return new StudioFolder(real);
    } catch (error) {
      throw fileError(error, "the folder cannot be opened", path);
    }
    throw new LogdetError("io", "this is a file, not a folder", {
      where: [path],
      hint: "Name the folder that it lies in.",
    });
  }

  /**
   * The real path of something in the folder.
   *
   * @param name relative, with `/` between names
   * @throws Refusal 403 if it leads out of the folder, by `..`, an absolute path or a symbolic link, or is hidden; 404 if
   * there is no such thing
   */
  async resolve(name: string): Promise<string> {
    const parts = name.split("/");
    const isPlain = parts.every((part) => part !== "" && !part.startsWith(".") && !/[\\\0]/.test(part));
    if (!isPlain || isAbsolute(name)) throw outside(name);
    const path = await realpath(join(this.path, ...parts)).catch((error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP"].includes(error.code ?? ""))
        throw new Refusal(404, `there is no "${shorten(name, 100)}" in the studio's folder`);
      throw fileError(error, "cannot be looked at", name);
    });
    if (!path.startsWith(this.path.endsWith(sep) ? this.path : this.path + sep)) throw outside(name);
    return path;
  }

  /**
   * The real path of a file: of nothing else, as reading a pipe would never end.
   *
   * @throws Refusal as `resolve`; 400 if it is no file
   */
  async resolveFile(name: string): Promise<string> {
    const path = await this.resolve(name);
    if ((await lstat(path)).isFile()) return path;
    throw new Refusal(400, `"${shorten(name, 100)}" is no file`);
  }

  /** The real path of a table's file. @throws Refusal as `resolve`; 400 if it is no file that can be a table */
  async resolveTable(name: string): Promise<string> {
    const path = await this.resolve(name);
    if (isTableName(name) && isTableName(path) && (await lstat(path)).isFile()) return path;
    throw new Refusal(400, `"${shorten(name, 100)}" is no table`, {
      hint: "Tables are CSV, TSV, Parquet, JSON and NDJSON files, plain or compressed with gzip or zstd.",
    });
  }

  /** The real path of a model's folder, whose files lie in the studio's folder too. @throws Refusal as `resolve` */
  async resolveModel(name: string): Promise<string> {
    const path = await this.resolve(name);
    await Promise.all(modelFiles.map((file) => this.resolveFile(`${name}/${file}`)));
    return path;
  }

  /**
   * Where something new may be written: right in the folder.
   *
   * @param name without folders
   * @throws Refusal 400 if the name is none for a file, 409 if it is taken
   */
  async placeFor(name: string): Promise<string> {
    const isPlain = /^[^./\\][^/\\]*$/.test(name) && !hasControl(name) && Buffer.byteLength(name) <= 200;
    if (!isPlain) throw new Refusal(400, `"${shorten(name, 100)}" is no name for a file`);
    const path = join(this.path, name);
    if (await exists(path)) throw taken(name);
    return path;
  }

  /** What there is: models, tables, sources of signals. Links are not followed, and hidden files not looked at. */
  async list(): Promise<FolderAnswer> {
    const models: ModelEntry[] = [];
    const broken: BrokenEntry[] = [];
    const tables: TableEntry[] = [];
    const separations: string[] = [];
    let seen = 0;
    const visit = async (folder: string, depth: number): Promise<void> => {
      const entries = await entriesOf(join(this.path, folder), folder);
      const one = async (entry: (typeof entries)[number]): Promise<void> => {
        if (entry.name.startsWith(".") || entry.name === "node_modules") return;
        if (++seen > mostEntries) return;
        const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
        if (entry.isFile() && isTableName(entry.name)) {
          const table = await this.#table(name);
          if (table) tables.push(table);
        }
        if (!entry.isDirectory()) return;
        const [isModel, isSeparation] = await Promise.all([
          this.#has(name, "config.json", "model.safetensors"),
          this.#has(name, "ica.json"),
        ]);
        if (isModel)
          await this.#model(name).then(
            (model) => models.push(model),
            (error) => broken.push({ name, problem: problemText(error, this) }),
          );
        else if (isSeparation) separations.push(name);
        else if (depth < deepest) await visit(name, depth + 1);
      };
      await Promise.all(entries.map(one));
    };
    await visit("", 0);
    for (const list of [broken, tables]) list.sort((a, b) => (a.name < b.name ? -1 : 1));
    const byName = new Map(tables.map(({ name }) => [basename(name), name]));
    return {
      folder: basename(this.path),
      version,
      models: models
        .map((model) => ({ ...model, table: tableOf(model, tables) ?? byName.get(firstSource(model)) }))
        .sort((a, b) => (a.created < b.created ? 1 : -1)),
      ...{ broken, tables, separations: separations.sort(), isCut: seen > mostEntries },
    };
  }

  async #has(name: string, ...files: readonly string[]): Promise<boolean> {
    const found = await Promise.all(files.map((file) => exists(join(this.path, name, file))));
    return found.every(Boolean);
  }

  async #table(name: string): Promise<TableEntry | undefined> {
    const path = join(this.path, name);
    try {
      const { size, mtime } = await lstat(path);
      // Objects in .json files are settings of something, nearly always.
      if (/\.json$/i.test(name) && (await firstLetter(path)) !== "[") return undefined;
      return { name, bytes: size, modified: mtime.toISOString() };
    } catch (error) {
      if (isUnseen(error)) return undefined;
      throw error;
    }
  }

  async #model(name: string): Promise<ModelEntry> {
    await this.resolveModel(name);
    const path = join(this.path, name, "config.json");
    if ((await lstat(path)).size > largestConfig)
      throw new LogdetError("model", "config.json is too large to be a model's", { where: [name] });
    const { columns, created, training, metrics } = parseModelConfig(await readFile(path, "utf8"));
    const { validationLogProb, standardError, gaussianLogProb } = metrics;
    return {
      ...{ name, created, validationLogProb, standardError, gaussianLogProb, table: undefined },
      ...{ rows: training.rows, sources: training.sources, seconds: training.seconds },
      columns: columns.map((column) => column.name),
      tableColumns: new Set(columns.map((column) => column.part?.source ?? column.name)).size,
      parameters: training.parameters,
      calibrationRows: training.calibrationRows ?? 0,
      hasReport: await this.#has(name, "report.html"),
    };
  }
}

const outside = (name: string) =>
  new Refusal(403, `"${shorten(name, 100)}" is not in the studio's folder`, {
    hint: "The studio uses only what lies there; links that lead out of it are not followed.",
  });

/** A name that something new cannot have. */
export const taken = (name: string) =>
  new Refusal(409, `there is a "${shorten(name, 100)}" already`, { hint: "Choose another name." });

/** What is in a folder; nothing, if it is one of those within the studio's and has just gone or may not be read. */
async function entriesOf(path: string, name: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (name !== "" && isUnseen(error)) return [];
    throw error;
  }
}

/** Whether something went between two looks, or is for others to read. */
const isUnseen = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Characters that move a cursor or end a line. */
const hasControl = (name: string) => Array.from(name).some((letter) => letter < " " || letter === "\x7f");

const firstSource = ({ sources }: ModelEntry) => basename(sources[0] ?? "");

/** The table that a model names as its source, by its whole name. */
const tableOf = ({ sources }: ModelEntry, tables: readonly TableEntry[]) =>
  tables.find(({ name }) => sources.length === 1 && sources[0] === name)?.name;

/** The first character of a file that is no space. */
async function firstLetter(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return buffer.toString("utf8", 0, bytesRead).trimStart()[0];
  } finally {
    await file.close();
  }
}
