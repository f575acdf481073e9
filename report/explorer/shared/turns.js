// A worker works in turns: between two of them it hears what the page says.

const channel = new MessageChannel();

/** Lets the messages in that have arrived; quicker than a timer. */
function nextTurn() {
  return new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  });
}

/** Outside a promise, an error reaches the page's `onerror`. */
function fail(error) {
  setTimeout(() => {
    throw error;
  });
}
