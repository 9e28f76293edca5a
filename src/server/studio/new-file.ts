// A finished file under its name, nothing that is there being replaced.

import { constants } from "node:fs";
import { copyFile, link, rm } from "node:fs/promises";

/**
 * Moves a file to a name that is free, in one step: nobody can take the name in between. Where the file system knows no
 * links it is copied, and seen while it grows.
 *
 * @param from in the same folder
 * @throws the file system's error; EEXIST if the name is taken: `from` then stays
 */
export async function moveToNew(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw error;
    return copyFile(from, to, constants.COPYFILE_EXCL);
  });
  await rm(from);
}
