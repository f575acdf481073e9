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

/** Whether the text is the example, perhaps continued. */
function showsExample() {
  return page.text.value.startsWith(config.initial.text);
}

/** The character of the example that repeats a name, with which the example begins. */
function lookAtCopy() {
  showColour("surprise");
  lookAt(config.initial.at);
  showInSheet(0, view.position);
}

/** Scrolls the text, if two characters aren't in sight, so that they are: the second, at least. */
function showInSheet(first, second) {
  const { sheet } = page;
  const height = sheet.clientHeight;
  const begin = paper.boxOf(first);
  const end = paper.boxOf(second);
  if (!begin || !end) return; // the text has become shorter
  const areInSight = begin.top >= sheet.scrollTop && end.bottom <= sheet.scrollTop + height;
  if (areInSight) return;
  const fit = end.bottom - begin.top <= height;
  const top = fit ? begin.top : end.top;
  sheet.scrollTop = (top + end.bottom - height) / 2;
}

/** A step about the name that is copied in the example, if the text shows it. */
function stepsOfCopying() {
  if (config.copy_size === 0 || !showsExample()) return [];
  const step = {
    lit: ["desk", "looked"],
    title: "A copied name",
    words:
      "This network can copy what it has read. Arcs lead to the letter you look at from the " +
      "earlier letters it was copied from. That is why a name is hard to predict the first time " +
      "and easier the second.",
    show: lookAtCopy,
  };
  return [step];
}

/** Steps about a memory cell: its colours, if the text shows what it follows, and its gates. */
function stepsOfCell() {
  const numberOfCells = config.hidden_size * config.num_layers;
  const memory = `The network's memory is ${grouped(numberOfCells)} cells, each holding one number.`;
  const gates =
    "The input gate lets new information in, the forget gate keeps what was there, and the output " +
    "gate passes it on to the rest of the network.";
  const showsFoundCell = config.cells.length > 0 && page.text.value.includes("\n");
  if (!showsFoundCell) {
    const step = {
      lit: ["desk", "chosen-cell"],
      title: "A memory cell and its gates",
      words: `${memory} These bars show one of them at the letter you look at. ${gates}`,
      show: () => showColour("cell"),
    };
    return [step];
  }
  const { cell, what } = cellOfTour();
  const showCell = () => {
    chooseCell(cell);
    showColour("cell");
  };
  return [
    {
      lit: ["desk"],
      title: "A memory cell",
      words:
        `${memory} The colours now show cell ${cell}: orange above zero, blue below. Nobody told ` +
        `it what to remember, yet it follows “${what}”.`,
      show: showCell,
    },
    {
      lit: ["desk", "chosen-cell"],
      title: "The cell's gates",
      words: `These bars show the cell at the letter you look at. ${gates}`,
      show: showCell,
    },
  ];
}

/**
 * The steps of a tour with the network and the text that the page shows.
 *
 * Each has the parts of the page that are lit, the last of which it explains, a title, words and
 * perhaps `show`, which changes what you look at.
 */
function tourSteps() {
  const surprise = {
    lit: ["desk", "looked"],
    title: "Surprise",
    words:
      "The network predicts each letter before it reads it. The more orange a letter, the less " +
      "expected it was. Point at one, or tap it, and “The character you look at” says what the " +
      "network expected there.",
    show: () => showColour("surprise"),
  };
  const breaking = {
    lit: ["desk", "break-it"],
    title: "Break the cell",
    words:
      "Switch on “Break it”, and the network reads the text again with this cell held at zero. " +
      "Orange letters needed the cell, and blue ones are easier to predict without it.",
    show: () => showColour("cell"),
  };
  const writing = {
    lit: ["desk", "coming"],
    title: "Writing",
    words:
      "These are the likeliest next characters. Press one to append it. Or press Generate: the " +
      "network draws a character according to its probabilities, reads it, and draws the next.",
    show: () => showColour("surprise"),
  };
  const learning = {
    lit: ["learn"],
    title: "Learning",
    words:
      "Here a new network learns while you watch: first it writes noise, then words appear. It can " +
      "also learn a text that you choose.",
  };
  return [surprise, ...stepsOfCopying(), ...stepsOfCell(), breaking, writing, learning];
}
