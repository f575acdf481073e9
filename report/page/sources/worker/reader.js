// Reads a text character by character, and remembers what the page shows of it.

import { CELL_SCALE } from "../shared/cells.js";
import { surprisal } from "../shared/surprisal.js";

const INTERVAL = 8; // characters between two snapshots

function copyLayers(layers) {
  return layers.map(({ h, c }) => ({ h: h.slice(), c: c.slice() }));
}

/**
 * A snapshot of a state, from which it can be resumed.
 *
 * Of keys and ids it keeps only the length. They only grow, so those of any later state begin with
 * those of this one.
 */
function takeSnapshot({ layers, top, ids }) {
  return { layers: copyLayers(layers), top, length: ids.length };
}

/** The state of a snapshot, with the keys and ids of a later state. */
function resume({ layers, top, length }, { keys, ids }) {
  return {
    layers: copyLayers(layers),
    top,
    keys: keys.slice(0, length),
    ids: ids.slice(0, length),
  };
}

export class Reader {
  constructor(network) {
    this.network = network;
    this.state = network.start();
    this.prediction = null; // of the next character: null until the network knows a character
    this.text = []; // the characters that were read
    this.surprisals = []; // of each character in bits, NaN where nothing predicted it
    this.copied = []; // the share of its probability that was copied, NaN where nothing predicted it
    this.cells = []; // after each character, CELL_SCALE tanh(c) of all cells: an Int8Array
    this.positions = []; // in the text, of the characters that the network knows (state.ids)
    this.snapshots = []; // before characters 0, INTERVAL, 2 INTERVAL, ...
  }

  read(character) {
    if (this.text.length % INTERVAL === 0) {
      this.snapshots.push({ state: takeSnapshot(this.state), prediction: this.prediction });
    }
    const id = this.network.idOf(character);
    const isKnown = id >= 0;
    const isPredicted = isKnown && this.prediction !== null; // else unknown, or the first known one
    this.surprisals.push(isPredicted ? surprisal(this.prediction.p[id]) : NaN);
    this.copied.push(isPredicted ? this.prediction.copied[id] / this.prediction.p[id] : NaN);
    if (isKnown) {
      this.prediction = this.network.step(id, this.state);
      this.positions.push(this.text.length);
    }
    this.text.push(character);
    this.cells.push(this.cellsNow());
  }

  cellsNow() {
    const c = this.state.layers.flatMap((layer) => [...layer.c]);
    return Int8Array.from(c, (each) => CELL_SCALE * Math.tanh(each));
  }

  /** Forgets the text from a position on, and up to INTERVAL characters before it. */
  rewind(position) {
    if (position >= this.text.length) return;
    const number = Math.floor(position / INTERVAL);
    const snapshot = this.snapshots[number];
    this.state = resume(snapshot.state, this.state);
    this.prediction = snapshot.prediction;
    this.positions.length = this.state.ids.length;
    this.snapshots.length = number; // this one, too: `read` takes it again
    this.text.length = number * INTERVAL;
    this.surprisals.length = number * INTERVAL;
    this.copied.length = number * INTERVAL;
    this.cells.length = number * INTERVAL;
  }

  /** State and prediction before the character at a position, read again from a snapshot. */
  before(position) {
    const number = Math.floor(position / INTERVAL);
    const snapshot = this.snapshots[number];
    const state = resume(snapshot.state, this.state);
    let prediction = snapshot.prediction;
    for (const character of this.text.slice(number * INTERVAL, position)) {
      const id = this.network.idOf(character);
      if (id >= 0) prediction = this.network.step(id, state);
    }
    return { state, prediction };
  }
}
