// Breaks a network: holds cells as `hold_at_zero` in notebooks/study/cells.py does, and switches
// its copying off as `without_copies` there does.

import { layerOf } from "../shared/cells.js";
import { CharLSTM } from "./lstm.js";

const WEIGHTS_OF_LAYER = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];

/** A network that lacks some of its cells and, if `copying` is true, its copy head. */
export function withoutParts({ config, tensors }, { cells, copying }) {
  const changed = copying ? { ...config, copy_size: 0 } : config; // so it writes everything itself
  return new CharLSTM(changed, holdAtZero(tensors, config.hidden_size, cells));
}

/**
 * The tensors of the same network, in which some cells, counted through all layers, stay at zero.
 *
 * A cell starts at zero, and stays there if its candidate is zero: then nothing is written.
 */
export function holdAtZero(tensors, hiddenSize, cells) {
  const changed = { ...tensors };
  for (const number of new Set(cells.map((cell) => layerOf(cell, hiddenSize)))) {
    const rows = cells.filter((cell) => layerOf(cell, hiddenSize) === number);
    for (const name of WEIGHTS_OF_LAYER) {
      const fullName = `layers.${number}.${name}`;
      changed[fullName] = withoutCandidates(tensors[fullName], hiddenSize, rows);
    }
  }
  return changed;
}

/** Weights or biases of a layer, with zeros for the candidates of some cells. */
function withoutCandidates(weights, hiddenSize, cells) {
  const changed = weights.slice();
  const columns = weights.length / (4 * hiddenSize); // 1 in a bias
  for (const cell of cells) {
    const row = 2 * hiddenSize + (cell % hiddenSize); // the rows are those of i, f, g, o: g's are third
    changed.fill(0, row * columns, (row + 1) * columns);
  }
  return changed;
}
