// What the tour says, and what it shows meanwhile.

const CLEAR = 0.7; // the score of a cell whose colours show what it follows

/** The found cell that shows best what cells do: one that clearly counts, or else the clearest. */
function cellOfTour() {
  const counts = ({ what, score }) => what === "characters since the line break" && score > CLEAR;
  return config.cells.find(counts) ?? config.cells[0];
}

function showColour(colour) {
  page.colour.value = colour;
  settingsChanged();
}

/** The example, or the text that is there if the network doesn't know the example's letters. */
function textOfTour() {
  const { text, at } = config.initial;
  return known.has(Array.from(text)[at]) ? text : page.text.value;
}

/** The letter that the tour looks at: in the example, one of a name that comes again. */
function letterOfTour() {
  if (showsExample()) return config.initial.at;
  return reading.characters.findLastIndex((character) => known.has(character));
}

/** Shows the letter of the tour as a step says: its colour, its cell, what is switched off. */
function showLetter({ colour, cell = view.cell, off = "" }) {
  if (cell !== view.cell) showCell(cell);
  chooseOff(off);
  updateBreaking();
  showColour(colour);
  const position = letterOfTour();
  lookAt(position);
  paper.show(0, view.position);
}

/** A step about the name that is copied in the example, if the text shows it. */
function stepsOfCopying() {
  if (config.copy_size === 0 || !showsExample()) return [];
  const step = {
    lit: ["desk", "focus"],
    title: "A copied name",
    words:
      "This network can copy. A green arc leads from a letter that it copied to the letter you " +
      "look at. That is why a name is hard to predict the first time and easier the second.",
    colour: "surprise",
  };
  return [step];
}

/** A step about the wall of cells, with a cell that follows something if the text shows it. */
function stepOfWall() {
  const count = grouped(numberOfCells());
  const found = config.cells.length > 0 && page.text.value.includes("\n") ? cellOfTour() : null;
  const memory =
    `Each square is one of ${count} memory cells, which hold a number each: orange above zero, ` +
    "blue below. ";
  const follows = found
    ? `Cell ${found.cell} now colours the text. Nobody told it what to remember, yet it follows ` +
      `“${found.what}”.`
    : "Press one, and it colours the text.";
  return {
    lit: ["desk", "wall"],
    title: "The network's memory",
    words: memory + follows,
    colour: "cell",
    cell: found?.cell,
  };
}

/**
 * The steps of a tour with the network and the text that the page shows.
 *
 * Each has the parts of the page that are lit, the last of which it explains, a title and words;
 * and what makes the words true, for `showLetter`.
 */
function tourSteps() {
  const surprise = {
    lit: ["desk", "focus"],
    title: "Surprise",
    words:
      "The network predicts each letter before it reads it. The more orange it is, the less " +
      "expected it was. Tap a letter, and this panel says what the network expected there.",
    colour: "surprise",
  };
  const gatesOfCell = {
    lit: ["desk", "gates"],
    title: "The cell's gates",
    words:
      "At the framed letter, the input gate lets new information in, the forget gate keeps what " +
      "was there, and the output gate passes it on to the rest of the network.",
    colour: "cell",
  };
  const breaking = {
    lit: ["desk", "break-it"],
    title: "Break it",
    words:
      "A quarter of a layer is switched off now, and the network reads and writes without. Orange " +
      "letters are harder to predict without these cells, and blue ones easier.",
    colour: "broken",
    off: "quarter",
  };
  const writing = {
    lit: ["desk"],
    title: "Writing",
    words:
      "Press the blue button: the network draws a letter according to its probabilities, reads it, " +
      "and draws the next. You choose how fast, and everything on the page follows each letter.",
    colour: "surprise",
  };
  const learning = {
    lit: ["learning"],
    title: "Learning",
    words:
      "Here a new network learns while you watch: first it writes noise, then words appear. It can " +
      "also learn a text that you choose.",
    colour: "surprise",
  };
  return [surprise, ...stepsOfCopying(), stepOfWall(), gatesOfCell, breaking, writing, learning];
}
