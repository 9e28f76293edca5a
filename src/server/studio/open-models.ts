// Models that the studio's pages look at: kept open between requests, and read anew when their files change.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { load, type Model } from "../../model/index.js";
import type { StudioFolder } from "./folder.js";

/** Models that stay open while nobody uses them. */
const mostIdle = 3;

interface Opened {
  /** Of its files: another one means another model. */
  readonly stamp: string;
  readonly model: Promise<Model>;
  users: number;
  isOld: boolean;
}

/** Models by their names in the folder. */
export class OpenModels {
  readonly #folder: StudioFolder;
  /** The one used last at the end. */
  readonly #opened = new Map<string, Opened>();

  constructor(folder: StudioFolder) {
    this.#folder = folder;
  }

  /**
   * Works with a model, which stays open meanwhile.
   *
   * @throws Refusal as `StudioFolder.resolve`, LogdetError "model" as `load`
   * @example const latent = await models.use("penguins.logdet", (model) => model.latent(rows))
   */
  async use<T>(name: string, work: (model: Model) => Promise<T>): Promise<T> {
    const path = await this.#folder.resolveModel(name);
    const stamp = await stampOf(path);
    let opened = this.#opened.get(name);
    if (opened?.stamp !== stamp) {
      if (opened) this.#retire(name, opened);
      opened = { stamp, model: load(path), users: 0, isOld: false };
    }
    this.#opened.delete(name);
    this.#opened.set(name, opened);
    opened.users++;
    try {
      return await work(await opened.model);
    } catch (error) {
      // What cannot be loaded is tried anew the next time.
      await opened.model.catch(() => this.#opened.delete(name));
      throw error;
    } finally {
      opened.users--;
      await this.#settle(opened);
    }
  }

  async close(): Promise<void> {
    for (const [name, opened] of [...this.#opened]) {
      this.#retire(name, opened);
      await this.#settle(opened);
    }
  }

  #retire(name: string, opened: Opened): void {
    opened.isOld = true;
    this.#opened.delete(name);
  }

  /** Frees what is old and used by nobody, and the idle ones that are too many. */
  async #settle(done: Opened): Promise<void> {
    const idle = [...this.#opened].filter(([, { users }]) => users === 0);
    const old = idle.slice(0, Math.max(0, idle.length - mostIdle));
    for (const [name, opened] of old) this.#retire(name, opened);
    const free = [...old.map(([, opened]) => opened), ...(done.isOld && done.users === 0 ? [done] : [])];
    for (const opened of new Set(free)) await opened.model.then((model) => model.release(), failedAlready);
  }
}

/** Whoever asked for the model has been told why it cannot be loaded. */
const failedAlready = () => {};

async function stampOf(folder: string): Promise<string> {
  const files = ["config.json", "model.safetensors"].map((file) => stat(join(folder, file)));
  return (await Promise.all(files)).map(({ mtimeMs, size, ino }) => `${ino}:${mtimeMs}:${size}`).join(" ");
}
