// Compiles the AssemblyScript kernels to WebAssembly and writes them as src/kernels/generated.ts, so that the package
// needs no file loading in Node, in a worker or in a browser. Does nothing when the output is newer than its sources.
import { readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = `${root}src/kernels/assembly`;
const output = `${root}src/kernels/generated.ts`;
const entry = `${sources}/index.ts`;

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
const inputs = [fileURLToPath(import.meta.url), ...readdirSync(sources).map((name) => `${sources}/${name}`)];
if (modified(output) > Math.max(...inputs.map(modified))) process.exit(0);

const bytes = await compile();
checkHarmless(bytes);
const text = `// Written by scripts/build-kernels.mjs from src/kernels/assembly. Do not edit.\nexport const kernelsBase64 =\n  "${bytes.toString("base64")}";\n`;
const now = new Date();
if (modified(output) > 0 && readFileSync(output, "utf8") === text) utimesSync(output, now, now);
else writeWhole(output, text);

/** The kernels as WebAssembly bytes. Loads the compiler only here: that alone takes most of a second. */
async function compile() {
  const { default: asc } = await import("assemblyscript/asc");
  let wasm = Buffer.alloc(0);
  const { error, stderr } = await asc.main(
    [
      ...[entry, "--outFile", "kernels.wasm", "--enable", "simd", "--runtime", "stub"],
      ...["--importMemory", "--noExportMemory", "-O3", "--noAssert", "--converge"],
    ],
    {
      writeFile: (_name, contents) => {
        wasm = Buffer.from(contents);
      },
    },
  );
  if (error) {
    console.error(`${stderr.toString()}\nbuild-kernels: ${error.message}`);
    process.exit(1);
  }
  return wasm;
}

/** The memory belongs to the caller: a kernel module may neither bring data of its own nor run code when it starts. */
function checkHarmless(wasm) {
  const forbidden = { 8: "a start function", 11: "static data" };
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < wasm.length) {
    const section = wasm[at++];
    const length = number();
    if (section in forbidden) throw new Error(`build-kernels: the kernels contain ${forbidden[section]}`);
    at += length;
  }
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map(
    ({ module, name }) => `${module}.${name}`,
  );
  if (imports.join() !== "env.memory")
    throw new Error(`build-kernels: the kernels import ${imports.join(", ")}`);
}

/** Two builds may run at once: a reader sees the old text or the new one, never half. */
function writeWhole(path, contents) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
