// What the worker reports: see `report` in worker/worker.js.

import { areSameParts, cellsInOrder, colourForCell, scoresInOrder } from "./cells.js";
import { BROKEN, state, WHOLE } from "./state.js";
import { update, updateByWorker, worker } from "./update.js";
import { LONGEST_TEXT } from "./sheet.js";
import { hasStopped, stop } from "./writing.js";

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
  if (data.compared) takeChanges(data.compared, patch);
  if (data.explained) takeExplained(data.explained, patch);
  if (data.scores) patch.scores = { ...data.scores, version: data.version };
  updateByWorker(patch);
  if (data.scores?.order === state.order && state.picksCell) pickCell();
  if (state.activity !== "writing") return;
  if (!data.isWriting) hasStopped(data.canContinue);
  else if (state.text.length >= LONGEST_TEXT) stop();
};
worker.onerror = () => update({ said: "The network stopped: reload this page." });

function put(values, list, start) {
  values.forEach((value, k) => {
    list[start + k] = value;
  });
}

/** Puts what the worker wrote at the end of the text. */
function takeWritten(written, patch) {
  const writer = state.off ? BROKEN : WHOLE;
  put(written.map(() => writer), state.byNetwork, state.characters.length);
  state.characters.push(...written);
  patch.text = state.text + written.join("");
  patch.written = state.written + written.length;
}

/** See `news` in worker/breaking.js. */
function takeChanges({ lacks, start, changes }, patch) {
  if (!areSameParts(lacks, state.lacks)) return; // those of before
  put(changes, state.changes, start);
  patch.compared = start + changes.length;
}

function takeExplained(explained, patch) {
  patch.explained = explained;
  if (state.follows) patch.position = explained.at;
}

/** An order was chosen: the cell that follows best colours the text. */
function pickCell() {
  const isThere = scoresInOrder() !== null;
  const cell = isThere ? cellsInOrder()[0] : state.cell;
  update({ picksCell: false, cell, colour: isThere ? colourForCell() : state.colour });
}
