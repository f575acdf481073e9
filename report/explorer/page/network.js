// Which network the page shows: its own, one that learned here, or one from the reader's files.

const aboutOwn = byId("about").textContent;
const headlineOfOwn = byId("headline").textContent;
const HEADLINE_OF_OTHERS = "Watch your network read and write";
let numberOfShown = 0; // how many times a network was shown

/** Gives the network to the worker, and its cells to the wall. */
function installNetwork() {
  byId("number-of-cells").textContent = grouped(numberOfCells());
  document.body.classList.toggle("no-copies", !config.copy_size);
  tell("network", { config, tensors });
}

/** How to write at first with a network that isn't the page's, and the cell that is looked at. */
function firstSettings(network) {
  const settings = { cell: 0 };
  for (const [name, value] of Object.entries(samplingOf(network.config))) {
    settings[name] = closestAllowed(numberFields[name], value);
  }
  return settings;
}

/** The config of another network, with what only the page's has: found cells, a first view. */
function configOfOther(network) {
  const initial = { ...own.config.initial, ...firstSettings(network) };
  return { ...network.config, cells: [], initial };
}

/**
 * Gives a network, {config, tensors}, to all tools of the page; `about` says where it is from.
 *
 * The text stays. Only the page's own network has cells that the course found.
 */
function showNetwork(network, about) {
  numberOfShown += 1;
  config = network === own ? own.config : configOfOther(network);
  tensors = network.tensors;
  known = new Set(config.chars);
  installNetwork();
  for (const name of ["temperature", "min_p", "top_p"]) {
    numberFields[name].value = config.initial[name];
  }
  page.sort.value = BY_LAYER;
  page.shared.textContent = ""; // it was about another network
  chooseOff("");
  readAgain();
  describeNetwork(network, about);
  document.dispatchEvent(new Event("network"));
}

/** Says which network the page shows. */
function describeNetwork(network, about) {
  const isOwn = network === own;
  byId("headline").textContent = isOwn ? headlineOfOwn : HEADLINE_OF_OTHERS;
  byId("about").textContent = about;
  byId("which").textContent = `${about} ${sizeInWords()}`;
  setEnabled(files.own, !isOwn);
}

/** The text gets other colours, from the start. */
function readAgain() {
  if (writing) stopped(true);
  readAtOnce();
  reading.shown = 0;
  reading.surprisals.fill(0);
  reading.values.fill(0);
  view.selection = "";
  breaking.cells = [];
  breaking.changes = [];
  wall.hold([]);
  sendText();
  showCell(config.initial.cell);
  orderChanged();
  settingsChanged();
}

function sizeInWords() {
  const { num_layers: layers, hidden_size: cells, chars } = config;
  const layersInWords = layers === 1 ? "one layer" : `${layers} layers`;
  const cellsInWords = cells === 1 ? "one memory cell" : `${cells} memory cells`;
  const copies = config.copy_size ? " It can copy earlier text." : "";
  const size = `It has ${layersInWords} of ${cellsInWords} and knows ${inCharacters(chars.length)}.`;
  return size + copies;
}
