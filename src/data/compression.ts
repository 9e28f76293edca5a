// Is a compressed file whole? DuckDB takes one that was cut off, by a broken download say, for a shorter table, and says
// nothing; so this is looked at first.

import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { LogdetError } from "../errors.js";

/**
 * Refuses a compressed file that is damaged or ends too early.
 *
 * @throws LogdetError (data)
 */
export async function refuseIncomplete(
  name: string,
  path: string,
  compression: "none" | "gzip" | "zstd",
): Promise<void> {
  if (compression === "none") return;
  try {
    if (compression === "gzip") await gunzipToNothing(path);
    else await walkZstd(path);
  } catch (error) {
    throw new LogdetError("data", `the ${compression} file is cut off or damaged`, {
      where: [name],
      hint: "Fetch or compress it again.",
      cause: error,
    });
  }
}

/** Inflating checks length and checksum. */
async function gunzipToNothing(path: string): Promise<void> {
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(path), createGunzip(), nothing);
}

/**
 * Follows the frames and blocks of a Zstandard file (RFC 8878, section 3.1) from header to header, to see whether it ends
 * where the last one says. Node 20 cannot inflate them.
 */
async function walkZstd(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    let at = 0;
    while (at < size) {
      const magic = (await bytes(file, at, 4)).readUInt32LE();
      if (magic >>> 4 === 0x184d2a5) {
        at += 8 + (await bytes(file, at + 4, 4)).readUInt32LE(); // a skippable frame
        continue;
      }
      if (magic !== 0xfd2fb528) throw new Error(`no frame at byte ${at}`);
      const [descriptor] = await bytes(file, at + 4, 1);
      const singleSegment = (descriptor >> 5) & 1;
      const windowSize = 1 - singleSegment;
      const dictionarySize = [0, 1, 2, 4][descriptor & 3];
      const contentSize = [singleSegment, 2, 4, 8][descriptor >> 6];
      at += 5 + windowSize + dictionarySize + contentSize;
      for (let last = false; !last; ) {
        const header = (await bytes(file, at, 3)).readUIntLE(0, 3);
        const runLength = ((header >> 1) & 3) === 1; // one byte, repeated
        last = (header & 1) === 1;
        at += 3 + (runLength ? 1 : header >> 3);
      }
      at += (descriptor >> 2) & 1 ? 4 : 0; // the checksum
    }
    if (at > size) throw new Error(`${at - size} bytes are missing`);
  } finally {
    await file.close();
  }
}

async function bytes(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead < length) throw new Error("the file ends within a header");
  return buffer;
}
