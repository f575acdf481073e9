// What the worker and the page have to agree on: memory cells, and how much is listed.

/** The worker keeps tanh(c) of a cell as a whole number from -CELL_SCALE to CELL_SCALE. */
export const CELL_SCALE = 127; // so that it fits in a byte

export const ROWS = 7; // the likeliest characters that the page lists

/** The layer of a cell, from 0. Cells are numbered from 0, one layer after the other. */
export function layerOf(cell, hiddenSize) {
  return Math.floor(cell / hiddenSize);
}
