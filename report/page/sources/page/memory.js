// The network's memory: its wall of cells, their order, and which one is chosen.

import { CELL_SCALE } from "../shared/cells.js";
import { grouped, twoDecimals } from "../shared/numbers.js";
import { BY_LAYER, cellsInOrder, colourForCell, nameOfCell, numberOfCells, scoresInOrder } from "./cells.js";
import { byId, nameOf, say } from "./elements.js";
import { until } from "./performance.js";
import { state } from "./state.js";
import { draws, update } from "./update.js";
import { Wall } from "./wall.js";

const FOLLOWED = [
  "inside a word",
  "inside a speaker heading",
  "inside quotation marks",
  "characters since the line break",
  "characters since the blank line",
  "characters since the sentence ended",
];

const LOOSELY = 0.4; // a correlation
const ORDERED_LATER = "They are ordered when the network has stopped writing.";

const element = byId("wall");
const wall = new Wall(element);
const sort = byId("sort");

// What it shows

draws("network", ({ network }) => {
  byId("number-of-cells").textContent = grouped(numberOfCells(network));
  // What the course found; of another network, nothing is known yet.
  const known = network.config.cells.map(({ what }) => what);
  const followed = known.length ? FOLLOWED.filter((what) => known.includes(what)) : FOLLOWED;
  const options = followed.map((what) => new Option(what, what));
  sort.replaceChildren(new Option("layer", BY_LAYER), ...options);
});

draws("network order", ({ order }) => {
  sort.value = order;
});

draws("network order scores", () => wall.setGroups(groups()));
draws("cell network", ({ cell }) => wall.choose(cell));
draws("explained network", ({ explained }) => wall.light(explained.cells));
draws("explained", ({ explained, characters }) => {
  const read = characters[explained.isEnd ? explained.at - 1 : explained.at];
  byId("after").textContent = read === undefined ? "" : `after ${nameOf(read)}`;
});
draws("cell colour network order scores version task", ({ cell }) => {
  element.dataset.cell = cell;
  say(byId("about-cell"), aboutCell());
});

function groups() {
  if (scoresInOrder()) return [{ label: "those that follow it best come first", cells: cellsInOrder() }];
  const { num_layers } = state.network.config;
  return Array.from({ length: num_layers }, (_, layer) => {
    return { label: `layer ${layer + 1}`, cells: cellsInOrder(layer) };
  });
}

/** Says which cell is chosen, and what it follows. */
function aboutCell() {
  const { cell, order, scores, network, task } = state;
  const inOrder = scoresInOrder();
  if (scores?.order === order && !inOrder) {
    return `“${order}” is the same everywhere in your text, so the cells stay in their layers.`;
  }
  if (order !== BY_LAYER && !inOrder && task?.does === "writing") return ORDERED_LATER;
  const name = nameOfCell(cell);
  const named = `${name[0].toUpperCase()}${name.slice(1)}`;
  const found = network.config.cells.filter((each) => each.cell === cell);
  const sentences = found.map(({ what, score }) => `follows “${what}” (correlation ${twoDecimals(score)})`);
  const isSaid = found.some(({ what }) => what === order);
  const isNew = scores?.version === state.version; // else they are those of an earlier text
  if (inOrder && isNew && !isSaid) sentences.push(correlationInWords(inOrder[cell]));
  const hint = state.colour === "cell" ? " is chosen: its value colours the text" : " is chosen";
  const words = sentences.length ? ` ${sentences.join(", and ")}` : hint;
  const followed = inOrder ? { what: order, score: inOrder[cell] } : found[0];
  const turns = Math.abs(followed?.score) > LOOSELY ? ` ${turnsInWords(followed)}` : "";
  return `${named}${words}.${turns}`;
}

/** Which colour a cell has, by the sign of its correlation. */
function turnsInWords({ what, score }) {
  const colour = score < 0 ? "blue" : "orange";
  return `It turns ${colour} ${what.startsWith("characters since") ? "as they grow" : "there"}.`;
}

function correlationInWords(r) {
  const size = Math.abs(r);
  let degree = "hardly follows";
  if (size > LOOSELY) degree = "loosely follows";
  if (size > 0.7) degree = "closely follows";
  return `${degree} “${state.order}” in your text (correlation ${twoDecimals(r)})`;
}

// What you do

/** Once the cells are in an order, the one that follows best colours the text. */
sort.addEventListener("input", async () => {
  const { cell } = state;
  const order = sort.value;
  update({ order });
  if (order === BY_LAYER) return;
  const isWanted = () => state.order === order && state.cell === cell; // else something else was chosen since
  await until(({ scores }) => scores?.order === order || !isWanted());
  if (isWanted() && scoresInOrder()) choose(cellsInOrder()[0]);
});

function choose(cell) {
  update({ cell, colour: colourForCell() });
}

function chooseAt({ clientX, clientY }) {
  const cell = wall.cellAt(clientX, clientY);
  if (cell !== undefined && cell !== state.cell) choose(cell);
}
element.addEventListener("click", chooseAt);
element.addEventListener("keydown", (event) => {
  const cell = wall.cellByKey(event.key);
  if (cell === undefined) return;
  event.preventDefault(); // the page doesn't scroll
  choose(cell);
  const value = state.explained.cells?.[cell] ?? 0;
  say(byId("spoken"), `${nameOfCell(cell)}: ${twoDecimals(value / CELL_SCALE)}`);
});
