// A Vite plugin for the worker's bundle: the licenses of the packages in it, which Vite's own list of the page leaves out.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

export function workerLicenses(fileName: string): Plugin {
  return {
    name: "worker-licenses",
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
      const folders = modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []);
      const source = [...new Set(folders)].sort().map(entryOf).join("\n");
      this.emitFile({
        type: "asset",
        fileName,
        source: `# Licenses of what the worker bundles\n\n${source}`,
      });
    },
  };
}

/** A package's name and license, with the license's text where the package brings it. */
function entryOf(folder: string): string {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
  const by = typeof author === "string" ? author : author?.name;
  return `## ${name} - ${version} (${license})\n\n${text || `By ${by ?? "its contributors"}.`}\n`;
}
