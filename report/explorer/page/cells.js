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

/** The cells to switch off; the quarter is the first of the last layer. */
function cellsToHold() {
  const { off, cell, network } = state;
  if (off === "cell") return [cell];
  if (off !== "quarter") return [];
  const { hidden_size, num_layers } = network.config;
  const first = hidden_size * (num_layers - 1);
  const count = Math.max(1, Math.floor(hidden_size / 4));
  return Array.from({ length: count }, (_, k) => first + k);
}

/** What is switched off. */
export function nameOfParts() {
  const { lacks, network } = state;
  const { cells, copying } = lacks;
  if (copying) return "copying";
  if (cells.length === 1) return nameOfCell(cells[0]);
  return `${cells.length} cells of layer ${layerOf(cells[0], network.config.hidden_size) + 1}`;
}

export const areSameParts = (a, b) => a.copying === b.copying && isSameList(a.cells, b.cells);

/** By what letters are coloured once a cell was chosen. */
export const colourForCell = () => (state.colour === "surprise" ? "cell" : state.colour);

