// What the tour says, and what the page shows meanwhile.

import { grouped } from "../shared/numbers.js";
import { numberOfCells } from "./cells.js";
import { byId } from "./elements.js";
import { turnsInWords } from "./memory.js";
import { own, state } from "./state.js";

const CLEAR = 0.7; // the correlation of a cell whose colours show what it follows

/** The found cell that shows best what cells do: one that clearly counts, or else the clearest. */
function cellOfTour({ cells }) {
  const counts = ({ what, score }) => what === "characters since the line break" && Math.abs(score) > CLEAR;
  return cells.find(counts) ?? cells[0];
}

/**
 * The steps of a tour with the network and the text that the page shows.
 *
 * Each has the parts of the page that are lit, the last of which it explains, a title and words;
 * what the page then shows, for `update`; perhaps at which letter of the example it looks.
 */
export function tourSteps() {
  const { config } = own;
  const steps = [SURPRISE];
  if (config.initial.copies) steps.push(COPIES);
  steps.push(WRITING, stepOfWall(config), GATES, BREAKING);
  if (byId("recording")) steps.push(BIRTH);
  steps.push(LEARNING);
  return steps.map((step) => (isWide.matches && isAboutText(step) ? withPanel(step) : step));
}

export const isWide = matchMedia("(min-width: 60rem)"); // the panel about a letter is beside the text
const isAboutText = ({ lit }) => lit.at(-1) === "desk";
const withPanel = (step) => ({ ...step, lit: ["name-panel", "predicted-panel", ...step.lit] });

const SURPRISE = {
  letter: "surprising",
  lit: ["desk", "predicted-panel"],
  title: "Surprise",
  words:
    "The network predicts each letter before it reads it. The more orange it is, the less " +
    "expected it was. This letter surprised it most. Point at another, or tap it, and this " +
    "panel says what the network expected there.",
  shows: { colour: "surprise" },
};

const COPIES = {
  lit: ["desk"],
  title: "A copied name",
  words:
    "This network can copy. A green arc leads from a letter that it copied to the letter you " +
    "look at. That is why a name is hard to predict the first time and easier the second.",
  shows: { colour: "surprise" },
};

/** About the wall of cells, with a cell that follows something if the text shows it. */
function stepOfWall(config) {
  const count = grouped(numberOfCells(own));
  const found = config.cells.length > 0 ? cellOfTour(config) : null;
  const memory =
    `Each square is one of ${count} memory cells, which hold a number each: orange above zero, ` +
    "blue below. ";
  const follows = found
    ? `Cell ${found.cell} now colours the text. Nobody told it what to remember, yet it follows ` +
      `“${found.what}”. ${turnsInWords(found)}`
    : "Press one, and it colours the text.";
  return {
    lit: ["desk", "wall"],
    title: "The network's memory",
    words: memory + follows,
    shows: { colour: "cell", cell: found?.cell ?? state.cell },
  };
}

const GATES = {
  lit: ["desk", "gates"],
  title: "The cell's gates",
  words:
    "At the framed letter, the input gate lets new information in, the forget gate keeps what " +
    "was there, and the output gate passes it on to the rest of the network.",
  shows: { colour: "cell" },
};

const BREAKING = {
  lit: ["desk", "break-it"],
  title: "Break it",
  words:
    "A quarter of the last layer is switched off now, and the network reads and writes without. Orange " +
    "letters are harder to predict without these cells, and blue ones easier.",
  shows: { colour: "broken", off: "quarter" },
};

const WRITING = {
  lit: ["desk"],
  title: "Writing",
  words:
    "Press Write: the network draws a letter according to its probabilities, reads it, and draws " +
    "the next. You choose how fast, and everything on the page follows each letter.",
  shows: { colour: "surprise" },
};

const BIRTH = {
  lit: ["birth-controls", "names-figure"],
  title: "How copying was born",
  words:
    "Press Play: below, a network like this one reads the same passage at some moments of its " +
    "training. Within some hundred thousand characters, it begins to copy.",
  shows: { colour: "surprise" },
};

const LEARNING = {
  lit: ["learning"],
  title: "Learning",
  words:
    "Here a new network learns while you watch: first it writes noise, then words appear. It can " +
    "also learn a text that you choose.",
  shows: { colour: "surprise" },
};
