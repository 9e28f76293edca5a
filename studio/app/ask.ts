// Questions to the studio's server.

/** The server's answer that a question cannot be served, in words for the reader. */
export class Problem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "Problem";
    this.status = status;
  }
}

/** The address of an answer: relative, wherever the studio is. */
export const addressOf = (path: string): string => `./api/${path}`;

/** @throws Problem in the server's words */
export async function ask<T>(path: string, question?: unknown, init: RequestInit = {}): Promise<T> {
  const response = await send(path, question, init);
  return (await response.json()) as T;
}

/**
 * A file as the server's answer.
 *
 * @throws Problem in the server's words
 */
export async function askForText(path: string, question?: unknown, init: RequestInit = {}): Promise<string> {
  return (await send(path, question, init)).text();
}

/**
 * An answer that comes piece by piece.
 *
 * @throws Problem, also for what goes wrong on the way
 */
export async function* askForPieces<T>(
  path: string,
  question?: unknown,
  init: RequestInit = {},
): AsyncGenerator<T> {
  const { body } = await send(path, question, init);
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (value ?? "")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const piece = JSON.parse(line) as T | { readonly error: string };
        if (typeof piece === "object" && piece !== null && "error" in piece)
          throw new Problem(500, piece.error);
        yield piece as T;
      }
      if (done) return;
    }
  } finally {
    // Where the reader stopped early, the server need not go on.
    await reader.cancel().catch(() => undefined);
  }
}

async function send(path: string, question: unknown, init: RequestInit): Promise<Response> {
  const asked: RequestInit =
    question === undefined
      ? {}
      : {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(question),
        };
  const response = await fetch(addressOf(path), { ...asked, ...init }).catch((error: Error) => {
    if (error.name === "AbortError") throw error;
    throw new Problem(
      0,
      "The studio does not answer. Is it still running? Start it again with: logdet studio",
    );
  });
  if (response.ok) return response;
  throw new Problem(response.status, await errorOf(response));
}

async function errorOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return String((JSON.parse(text) as { error?: unknown }).error ?? text);
  } catch {
    return text || `The studio answered ${response.status}.`;
  }
}
