// Kernels compute without ever giving up the thread. This lets timers, signals and requests in now and then, so that a
// long training can be watched and stopped.

/** Milliseconds of work between two breaths. */
const interval = 20;
let last = 0;

/** Waits for one turn of the event loop. */
export const nextTurn =
  typeof setImmediate === "function"
    ? () => new Promise<void>((resolve) => setImmediate(resolve))
    : () => new Promise<void>(postTurn);

/** Timers that follow each other wait for 4 ms in a browser, messages do not. */
function postTurn(resolve: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    resolve();
  };
  port2.postMessage(undefined);
}

/** Waits for one turn if there was none for a while. */
export async function breathe(): Promise<void> {
  if (performance.now() - last < interval) return;
  await nextTurn();
  last = performance.now();
}
