// The memory cells of the network that the page shows: their names, their order, their groups.

import { layerOf } from "../shared/cells.js";
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

/** By what letters are coloured once a cell was chosen. */
export const colourForCell = () => (state.colour === "surprise" ? "cell" : state.colour);
