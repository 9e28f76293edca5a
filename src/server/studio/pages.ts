// The studio's built pages, read once: what a request names is looked up among them, never in the file system.

import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { LogdetError } from "../../errors.js";
import { exists, fileError } from "../../model/index.js";

export interface Page {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly type: string;
  /** Whether its name changes with its content. */
  readonly isHashed: boolean;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".md": "text/markdown; charset=utf-8",
};

/**
 * All files of the built pages by their addresses: "/", "/assets/…", "/lab/", "/lab/assets/…".
 *
 * @throws LogdetError "io" if the installation lacks them
 */
export async function readPages(built: string): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  for (const [folder, at] of [
    ["app", "/"],
    ["lab", "/lab/"],
  ])
    for (const [name, body] of await readBuilt(join(built, folder))) {
      const type = types[extname(name)] ?? "application/octet-stream";
      pages.set(at + name, { body, type, isHashed: name.startsWith("assets/") });
      if (name === "index.html") pages.set(at, { body, type, isHashed: false });
    }
  return pages;
}

/** A built page's files by their names, with `/` between folders. */
export async function readBuilt(folder: string): Promise<[string, Uint8Array<ArrayBuffer>][]> {
  if (!(await exists(join(folder, "index.html"))))
    throw new LogdetError("io", "this installation lacks the studio's pages", {
      where: [folder],
      hint: "Install logdet anew; in a copy of its sources, run npm run build.",
    });
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const read = files.map(async ({ name, parentPath }): Promise<[string, Uint8Array<ArrayBuffer>]> => {
      const path = join(parentPath, name);
      return [relative(folder, path).split(sep).join("/"), new Uint8Array(await readFile(path))];
    });
    return await Promise.all(read);
  } catch (error) {
    throw fileError(error, "the studio's pages cannot be read", folder);
  }
}
