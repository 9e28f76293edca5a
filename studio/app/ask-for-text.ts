// A file as the server's answer.

import { addressOf, Problem } from "./ask.js";

/** @throws Problem in the server's words */
export async function askForText(path: string, question: unknown): Promise<string> {
  const response = await fetch(addressOf(path), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
  });
  const text = await response.text();
  if (response.ok) return text;
  throw new Problem(response.status, String((JSON.parse(text) as { error?: unknown }).error));
}
