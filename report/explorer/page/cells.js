// The memory cells of the network that the page shows: their names, their order, their groups.

import { layerOf } from "../shared/cells.js";
import { isSameList } from "../shared/lists.js";
import { state } from "./state.js";

export const BY_LAYER = "layer";

export const numberOfCells = ({ config }) => config.hidden_size * config.num_layers;

export function nameOfCell(cell) {
  return `cell ${cell} (layer ${layerOf(cell, state.network.config.hidden_size) + 1})`;
}

/** The scores of the cells, if they are those of the order that was chosen. */
export function scoresInOrder() {
  const { scores, order, network } = state;
  const fit = scores !== null && scores.order === order && scores.cells.length === numberOfCells(network);
  return fit && scores.cells.some((score) => score !== 0) ? scores.cells : null;
}

/** The cells of a layer, or of all; with an order, those that follow best come first. */
export function cellsInOrder(layer = null) {
  const { config } = state.network;
  let cells = [...Array(numberOfCells(state.network)).keys()];
  if (layer !== null) cells = cells.filter((cell) => layerOf(cell, config.hidden_size) === layer);
  const scores = scoresInOrder();
  if (scores) cells.sort((a, b) => Math.abs(scores[b]) - Math.abs(scores[a]));
  return cells;
}

/** What is to be switched off: {cells, copying}. */
export const partsToSwitchOff = () => ({ cells: cellsToHold(), copying: state.off === "copying" });

/** The cells to switch off; the quarter is the first in its layer, as the wall shows it now. */
function cellsToHold() {
  const { off, cell, network } = state;
  if (off === "cell") return [cell];
  if (off !== "quarter") return [];
  const inLayer = cellsInOrder(layerOf(cell, network.config.hidden_size));
  const first = inLayer.slice(0, Math.max(1, Math.floor(inLayer.length / 4)));
  return first.sort((a, b) => a - b);
}

export const areSameParts = (a, b) => a.copying === b.copying && isSameList(a.cells, b.cells);

export const firstOfLastLayer = ({ config }) => config.hidden_size * (config.num_layers - 1);

/**
 * The cell whose layer loses a quarter: the chosen one or, if nobody has chosen, one of the last layer.
 *
 * Without the first quarter of its first layer, the small network still writes whole scenes. Without
 * that of its last, lines fall apart, and it repeats a letter without end.
 */
export function cellOfQuarter() {
  const { cell, order, off, network } = state;
  const isChosen = cell !== network.config.initial.cell || order !== BY_LAYER || off !== "";
  return isChosen ? cell : firstOfLastLayer(network);
}

/** By what letters are coloured once a cell was chosen. */
export const colourForCell = () => (state.colour === "surprise" ? "cell" : state.colour);

/** The cell that the course found in much more text, or the best in this text. */
export function cellThatFollows(what) {
  const found = state.network.config.cells.find((each) => each.what === what);
  return found?.cell ?? cellsInOrder()[0];
}
