// What the worker reports: see `report` in worker/worker.js.

import { stop, tellWaiting } from "./performance.js";
import { state } from "./state.js";
import { update, updateByWorker, worker } from "./update.js";

worker.onmessage = ({ data }) => {
  if (data.version !== state.version) return; // it starts again from `read`
  const end = data.start + data.characters.length;
  const patch = { reports: state.reports + 1, read: end, toRead: data.toRead };
  const count = end - state.characters.length; // the page lacks what the network wrote
  if (count > 0) takeWritten(data.characters.slice(-count), patch);
  put(data.surprisals, state.surprisals, data.start);
  put(data.copied, state.copied, data.start);
  put(data.values, state.values, data.start);
  if (data.without) patch.without = data.without;
  if (data.explained) patch.explained = data.explained;
  if (data.scores) patch.scores = { ...data.scores, version: data.version };
  updateByWorker(patch);
  tellWaiting(data);
};
worker.onerror = () => {
  stop();
  update({ said: "The network stopped: reload this page." });
};

function put(values, list, start) {
  values.forEach((value, k) => {
    list[start + k] = value;
  });
}

/** Puts what the worker wrote at the end of the text. */
function takeWritten(written, patch) {
  put(written.map(() => true), state.byNetwork, state.characters.length);
  state.characters.push(...written);
  patch.text = state.text + written.join("");
}
