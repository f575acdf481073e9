// Which network the page shows: its own, one that learned here, or one from the reader's files.

import { grouped, inCharacters } from "../shared/numbers.js";
import { samplingOf } from "../network/config.js";
import { BY_LAYER } from "./cells.js";
import { byId, closestAllowed, setEnabled } from "./elements.js";
import { numberFields } from "./settings.js";
import { makeNetwork, own } from "./state.js";
import { stop } from "./performance.js";
import { draws, update } from "./update.js";

draws("network", ({ network }) => {
  const { config, about } = network;
  byId("about").textContent = about;
  byId("which").textContent = `${about} ${sizeInWords(config)}`;
  setEnabled(byId("own"), network !== own);
});

/** Shows another network, {config, tensors}, which reads the text that is there. */
export function showNetwork({ config, tensors }, about) {
  // Only the page's own network has cells that the course found.
  useNetwork(makeNetwork({ ...config, cells: [], initial: { cell: 0 } }, tensors, about));
}

export const showOwn = () => useNetwork(own);

function useNetwork(network) {
  stop();
  const { cell } = network.config.initial;
  update({ network, ...firstSettings(network.config), cell, order: BY_LAYER, colour: "surprise", explained: {}, said: "" });
}

/** How to write at first with a network: temperature and min-p, as their fields can show them. */
function firstSettings(config) {
  const settings = {};
  for (const [name, value] of Object.entries(samplingOf(config))) {
    settings[name] = closestAllowed(numberFields[name], value);
  }
  return settings;
}

function sizeInWords({ num_layers: layers, hidden_size: cells, chars, copy_size }) {
  const layersInWords = layers === 1 ? "one layer" : `${layers} layers`;
  const cellsInWords = cells === 1 ? "one memory cell" : `${grouped(cells)} memory cells`;
  const copies = copy_size ? " It can copy earlier text." : "";
  return `It has ${layersInWords} of ${cellsInWords} and knows ${inCharacters(chars.length)}.${copies}`;
}
