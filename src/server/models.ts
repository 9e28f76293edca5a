// The models of a server: each under its folder's name, loaded again when the folder has changed.

import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { LogdetError } from "../errors.js";
import { load, type Model } from "../model/index.js";
import { Batcher, type BatcherOptions } from "./batcher.js";
import type { Log } from "./log.js";
import { RowReader } from "./rows.js";

/** A model as it was loaded once, with what is made from it. */
export class Generation {
  readonly model: Model;
  readonly batcher: Batcher;
  readonly reader: RowReader;
  #users = 0;
  #retired = false;

  constructor(model: Model, options: BatcherOptions) {
    this.model = model;
    this.batcher = new Batcher(model, options);
    this.reader = new RowReader(model);
  }

  /** Keeps the model's memory until the function that is returned is called. */
  hold(): () => Promise<void> {
    this.#users++;
    let held = true;
    return async () => {
      if (!held) return;
      held = false;
      this.#users--;
      await this.#releaseIfUnused();
    };
  }

  /** Frees the model's memory once nobody holds it. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#releaseIfUnused();
  }

  async #releaseIfUnused(): Promise<void> {
    if (!this.#retired || this.#users > 0) return;
    await this.batcher.idle();
    await this.model.release();
  }
}

export interface ServedModelOptions {
  readonly log: Log;
  readonly threads?: number | undefined;
  readonly batcher: BatcherOptions;
  onReload(outcome: "loaded" | "kept"): void;
}

/** A model's folder, and the model that was last loaded from it. */
export class ServedModel {
  readonly name: string;
  readonly #folder: string;
  readonly #options: ServedModelOptions;
  #current: Generation;
  /** What the folder's files were when they were last loaded, or found to be damaged. */
  #known: string;
  /** What they were at the last look, if that was something else. */
  #changing: string | undefined;

  private constructor(folder: string, options: ServedModelOptions, current: Generation, known: string) {
    this.name = modelName(folder);
    this.#folder = folder;
    this.#options = options;
    this.#current = current;
    this.#known = known;
  }

  /** @throws LogdetError as `load` */
  static async open(folder: string, options: ServedModelOptions): Promise<ServedModel> {
    const known = await stampOf(folder);
    return new ServedModel(folder, options, await generation(folder, options), known);
  }

  get current(): Generation {
    return this.#current;
  }

  /**
   * Loads the folder again if it has changed since, and has not between the last two looks: what is being written is left
   * alone. What cannot be loaded leaves the model as it is. Requests at work end with the model that they began with.
   */
  async refresh(): Promise<void> {
    const { log, onReload } = this.#options;
    const { name: model } = this;
    const stamp = await stampOf(this.#folder);
    if (stamp === this.#known) {
      this.#changing = undefined;
      return;
    }
    if (stamp !== this.#changing) {
      this.#changing = stamp;
      return;
    }
    this.#changing = undefined;
    this.#known = stamp;
    try {
      const next = await generation(this.#folder, this.#options);
      // Another one may have come while this was read: then this one is not it.
      if ((await stampOf(this.#folder)) !== stamp) {
        this.#known = "";
        await next.retire();
        return;
      }
      const before = this.#current;
      this.#current = next;
      await before.retire();
      log.info("model loaded again", { model });
      onReload("loaded");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn("model kept: what its folder holds now cannot be loaded", { model, reason });
      onReload("kept");
    }
  }

  /** Frees the model's memory once its last request has ended. */
  async close(): Promise<void> {
    await this.#current.retire();
  }
}

/** A model that has scored a row: one whose programs do not compile is no better than one that cannot be read. */
async function generation(folder: string, { threads, batcher }: ServedModelOptions): Promise<Generation> {
  const model = await load(folder, { threads });
  try {
    await model.logProb(Float64Array.from(model.columns, ({ center }) => center));
    return new Generation(model, batcher);
  } catch (error) {
    await model.release();
    throw error;
  }
}

/** "models/weather.logdet" → "weather". */
function modelName(folder: string): string {
  return basename(resolve(folder)).replace(/\.logdet$/, "");
}

/** What changes whenever a model's files do: a folder renamed into place has other inodes. */
async function stampOf(folder: string): Promise<string> {
  const files = ["config.json", "model.safetensors"].map(async (name) => {
    try {
      const { ino, size, mtimeMs } = await stat(join(folder, name));
      return `${ino}:${size}:${mtimeMs}`;
    } catch (error) {
      return `${(error as NodeJS.ErrnoException).code}`;
    }
  });
  return (await Promise.all(files)).join(" ");
}

/** The models of a server, by name. */
export class Models {
  readonly #served: ReadonlyMap<string, ServedModel>;
  #timer: NodeJS.Timeout | undefined;

  private constructor(served: ReadonlyMap<string, ServedModel>) {
    this.#served = served;
  }

  /**
   * @param options what each model is served with, by its name
   * @throws LogdetError "usage" if two folders have the same name; otherwise as `load`
   */
  static async open(
    folders: readonly string[],
    options: (name: string) => ServedModelOptions,
  ): Promise<Models> {
    const served = new Map<string, ServedModel>();
    try {
      for (const folder of folders) {
        const name = modelName(folder);
        if (served.has(name))
          throw new LogdetError("usage", `two models are called ${name}`, {
            where: [folder],
            hint: "Models are served by their folder's name: rename one of the folders.",
          });
        served.set(name, await ServedModel.open(folder, options(name)));
      }
    } catch (error) {
      for (const one of served.values()) await one.close();
      throw error;
    }
    return new Models(served);
  }

  get names(): readonly string[] {
    return [...this.#served.keys()];
  }

  get(name: string): ServedModel | undefined {
    return this.#served.get(name);
  }

  /** Looks at the folders now and then. @param every seconds */
  watch(every: number): void {
    const look = async () => {
      await this.refresh();
      if (this.#timer) this.watch(every);
    };
    this.#timer = setTimeout(() => void look(), every * 1000).unref();
  }

  async refresh(): Promise<void> {
    for (const one of this.#served.values()) await one.refresh();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const one of this.#served.values()) await one.close();
  }
}
