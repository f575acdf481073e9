// A worker works in turns, so that messages from the page can arrive between them.

const channel = new MessageChannel();

/** Lets the handlers of messages that have arrived run; quicker than a timer. */
export function nextTurn() {
  return new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  });
}

/** Outside a promise, an error reaches the page's `onerror`. */
export function fail(error) {
  setTimeout(() => {
    throw error;
  });
}
