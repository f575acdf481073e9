// The order of the cells in the wall: by layer, or by how well they follow something in the text.

const BY_LAYER = "layer";
const BY_SELECTION = "selection";
const FOLLOWED = [
  "inside a word",
  "inside a speaker heading",
  "inside quotation marks",
  "characters since the line break",
  "characters since the blank line",
  "characters since the sentence ended",
];

/** How well the cells follow something, {by, scores}; null in the order of layers. */
let following = null;
let picksCell = false; // whether the cell that follows best is chosen then: not for an address

for (const [value, words] of [
  [BY_LAYER, "layer"],
  ...FOLLOWED.map((what) => [what, what]),
  [BY_SELECTION, "the words you select in the text"],
]) {
  page.sort.append(new Option(words, value));
}

const numberOfCells = () => config.hidden_size * config.num_layers;
const allCells = () => [...Array(numberOfCells()).keys()];
const cellsOfLayer = (layer) => {
  return allCells().filter((cell) => layerOf(cell, config.hidden_size) === layer);
};

/** The order was chosen: the worker scores the cells. */
function orderChanged() {
  const by = page.sort.value;
  if (by === BY_LAYER) {
    following = null;
    showOrder();
  } else if (by === BY_SELECTION) {
    orderBySelection();
  } else {
    followAgain();
  }
  saveLater();
}
page.sort.addEventListener("input", () => {
  readAtOnce();
  picksCell = true;
  orderChanged();
});

/** Orders the wall by what is selected in the text, if something is. */
function orderBySelection() {
  const { start, end } = selected();
  const hint = "Select some words in the text, and the cells that react to them come first.";
  if (start < end) {
    tell("score", { start, end });
    return;
  }
  following = null;
  showOrder();
  page.aboutCell.textContent = hint;
}

/** Measures what the cells follow in the text that is there now. */
function followAgain() {
  if (FOLLOWED.includes(page.sort.value)) tell("score", page.sort.value);
}

/** Takes the worker's scores: see `scoreCells` in worker/following.js. */
function takeScores({ by, scores }) {
  const order = typeof by === "string" ? by : BY_SELECTION;
  if (order !== page.sort.value) return; // another one was chosen meanwhile
  if (scores.length !== numberOfCells()) return; // there is no text
  const isThere = scores.some((score) => score !== 0);
  following = isThere ? { by, scores } : null;
  showOrder();
  if (!isThere) {
    page.aboutCell.textContent = `Your text has nothing “${by}”, so the cells stay in their layers.`;
  } else if (picksCell) {
    chooseCell(cellThatFollows(by));
  }
  picksCell = false;
}

/** The cell that the course found in much more text, or the best in this text. */
function cellThatFollows(by) {
  const found = config.cells.find(({ what }) => what === by);
  return found?.cell ?? bestFirst(allCells())[0];
}

/** Cells, with those that follow best at the beginning: high there, or low there. */
function bestFirst(cells) {
  if (following === null) return cells;
  const { by, scores } = following;
  const nothing = typeof by === "string" ? 0 : 0.5; // the score of a cell that follows nothing
  const strength = (cell) => Math.abs(scores[cell] - nothing);
  return cells.sort((a, b) => strength(b) - strength(a));
}

function showOrder() {
  wall.setGroups(following === null ? groupsOfLayers() : [groupOfScores()]);
  updateBreaking();
  describeCell();
}

function groupsOfLayers() {
  const groups = [];
  for (let layer = 0; layer < config.num_layers; layer++) {
    groups.push({ label: `layer ${layer + 1}`, cells: cellsOfLayer(layer) });
  }
  return groups;
}

function groupOfScores() {
  return { label: "those that follow it best come first", cells: bestFirst(allCells()) };
}

/** A quarter of the chosen cell's layer: those that follow best, or without an order the first. */
function quarterOfLayer() {
  const inLayer = cellsOfLayer(layerOf(view.cell, config.hidden_size));
  return bestFirst(inLayer).slice(0, Math.max(1, Math.floor(inLayer.length / 4)));
}

/** Says which cell is chosen, and what it follows. */
function describeCell() {
  page.wall.ariaValueMax = numberOfCells() - 1;
  page.wall.ariaValueNow = view.cell;
  page.wall.ariaValueText = nameOfCell(view.cell);
  const found = config.cells.filter(({ cell }) => cell === view.cell);
  const sentences = found.map(({ what, score }) => {
    return `follows “${what}” (correlation ${twoDecimals(score)})`;
  });
  if (following) {
    const score = following.scores[view.cell];
    const isSaid = found.some(({ what }) => what === following.by);
    if (typeof following.by !== "string") sentences.push(wordsOfArea(score));
    else if (!isSaid) sentences.push(wordsOfCorrelation(score));
  }
  const name = nameOfCell(view.cell);
  const hint = ": choose another by a click or the arrow keys";
  const words = sentences.length ? ` ${sentences.join(", and ")}` : hint;
  page.aboutCell.textContent = `${name[0].toUpperCase()}${name.slice(1)}${words}.`;
}

/** An area under the ROC curve in words. */
function wordsOfArea(area) {
  const direction = area < 0.5 ? "lower" : "higher";
  const strength = Math.abs(area - 0.5);
  if (strength > 0.495) return `is always ${direction} in your selection than elsewhere`;
  if (strength > 0.4) return `is nearly always ${direction} in your selection than elsewhere`;
  if (strength > 0.2) return `is mostly ${direction} in your selection than elsewhere`;
  return "is hardly different in your selection";
}

function wordsOfCorrelation(r) {
  const size = Math.abs(r);
  let degree = "hardly follows";
  if (size > 0.4) degree = "loosely follows";
  if (size > 0.7) degree = "closely follows";
  return `${degree} “${following.by}” in your text (correlation ${twoDecimals(size)})`;
}
