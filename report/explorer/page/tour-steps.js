// What the tour says, and what it shows meanwhile.

/** The found cell that shows best what cells do: one that counts, if there is one. */
function cellOfTour() {
  const counts = ({ what }) => what === "characters since the line break";
  return config.cells.find(counts) ?? config.cells[0];
}

function showColour(colour) {
  page.colour.value = colour;
  settingsChanged();
}

/** The character of the example that repeats a name, if the text is still the example. */
function lookAtCopy() {
  showColour("surprise");
  const { text, at } = config.initial;
  if (page.text.value === text) lookAt(at);
  showInSheet(view.position);
}

/** Scrolls the text so that a character is in the middle. */
function showInSheet(position) {
  const box = paper.boxOf(position);
  if (box) page.sheet.scrollTop = box.top - page.sheet.clientHeight / 2;
}

/**
 * The steps of a tour with the network that the page shows.
 *
 * Each has the part of the page that it explains, a title, words and perhaps `show`, which changes
 * what you look at.
 */
function tourSteps() {
  const steps = [];
  steps.push({
    part: "desk",
    title: "Surprise",
    words:
      "The network predicts each letter before it reads it. The more orange a letter, the less " +
      "expected it was. Point at one, or tap it, to see what the network expected there.",
    show: () => showColour("surprise"),
  });
  if (config.copy_size > 0) {
    steps.push({
      part: "desk",
      title: "A copied name",
      words:
        "This network can copy what it has read. Arcs lead to the letter you look at from the " +
        "earlier letters it was copied from. That is why a name is hard to predict the first " +
        "time and easier the second.",
      show: lookAtCopy,
    });
  }
  if (config.cells.length > 0) {
    const numberOfCells = config.hidden_size * config.num_layers;
    const { cell, what } = cellOfTour();
    steps.push({
      part: "desk",
      title: "A memory cell",
      words:
        `The network's memory is ${numberOfCells} cells, each holding one number. The colours now ` +
        `show cell ${cell}: orange above zero, blue below. Nobody told it what to remember, yet it ` +
        `follows “${what}”.`,
      show: () => {
        chooseCell(cell);
        showColour("cell");
      },
    });
  }
  steps.push({
    part: "inside",
    title: "The cell's gates",
    words:
      "These bars show the cell at the letter you look at. The input gate lets new information in, " +
      "the forget gate keeps what was there, and the output gate passes it on to the rest of the " +
      "network. Switch on “Break it” below, and the colours show which letters needed this cell.",
  });
  steps.push({
    part: "coming",
    title: "Writing",
    words:
      "These are the likeliest next characters. Press one to append it. Or press Generate: the " +
      "network draws a character according to its probabilities, reads it, and draws the next.",
  });
  steps.push({
    part: "learn",
    title: "Learning",
    words:
      "Here a new network learns while you watch: first it writes noise, then words appear. It can " +
      "also learn a text that you choose.",
  });
  return steps;
}
