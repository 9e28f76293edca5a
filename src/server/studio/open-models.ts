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
    let retired: Promise<void> | undefined;
    if (opened?.stamp !== stamp) {
      retired = opened && this.#retire(name, opened);
      opened = { stamp, model: load(path), users: 0, isOld: false };
    }
    this.#opened.delete(name);
    this.#opened.set(name, opened);
    opened.users++;
    try {
      const model = await opened.model;
      await retired;
      return await work(model);
    } catch (error) {
      // What cannot be loaded is tried anew the next time.
      await opened.model.catch(() => this.#retire(name, opened));
      throw error;
    } finally {
      opened.users--;
      await this.#settle(opened);
    }
  }

  async close(): Promise<void> {
    for (const [name, opened] of [...this.#opened]) await this.#retire(name, opened);
  }

  /** No later request gets it; it is freed when the last one that has it is done. */
  async #retire(name: string, opened: Opened): Promise<void> {
    opened.isOld = true;
    if (this.#opened.get(name) === opened) this.#opened.delete(name);
    if (opened.users === 0) await free(opened);
  }

  /** Frees what is old and used by nobody, and the idle ones that are too many. */
  async #settle(done: Opened): Promise<void> {
    const idle = [...this.#opened].filter(([, { users }]) => users === 0);
    const surplus = idle.slice(0, Math.max(0, idle.length - mostIdle));
    await Promise.all(surplus.map(([name, opened]) => this.#retire(name, opened)));
    if (done.isOld && done.users === 0) await free(done);
  }
}

/** Of a model that cannot be loaded, whoever asked for it has been told why. */
const free = ({ model }: Opened): Promise<void> =>
  model.then(
    (loaded) => loaded.release(),
    () => {},
  );

async function stampOf(folder: string): Promise<string> {
  const files = ["config.json", "model.safetensors"].map((file) => stat(join(folder, file)));
  return (await Promise.all(files)).map(({ mtimeMs, size, ino }) => `${ino}:${mtimeMs}:${size}`).join(" ");
}
