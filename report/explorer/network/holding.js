// Breaks a network: the same as `hold_at_zero` in notebooks/course/cells.py.

const WEIGHTS_OF_LAYER = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"];

/**
 * The tensors of the same network, in which some cells, counted through all layers, stay at zero.
 *
 * A cell starts at zero, and stays there if its candidate is zero: then nothing is written.
 */
function holdAtZero(tensors, hiddenSize, cells) {
  const changed = { ...tensors };
  for (const cell of cells) {
    const row = 2 * hiddenSize + (cell % hiddenSize); // the rows are those of i, f, g, o: g's are third
    for (const name of WEIGHTS_OF_LAYER) {
      const fullName = `layers.${layerOf(cell, hiddenSize)}.${name}`;
      const weights = changed[fullName].slice();
      const columns = weights.length / (4 * hiddenSize); // 1 in a bias
      weights.fill(0, row * columns, (row + 1) * columns);
      changed[fullName] = weights;
    }
  }
  return changed;
}
