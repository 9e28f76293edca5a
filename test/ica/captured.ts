// The LogdetError that something ends in.

import { LogdetError } from "../../src/errors.js";

/** What was thrown; if nothing was, an object whose code is "none". Anything but a LogdetError is thrown on. */
export async function captured(work: () => Promise<unknown>) {
  try {
    await work();
  } catch (error) {
    if (error instanceof LogdetError)
      return { code: error.code, message: error.message, hint: error.hint, toText: () => error.toText() };
    throw error;
  }
  return { code: "none", message: "", hint: undefined, toText: () => "" };
}
