// Break it: the network reads and writes with some cells held at zero.

const AFTER_WRITING = "What this changes is said when the network has stopped writing.";
const HARDLY = 0.01; // bits a character

page.off.forEach((radio) => {
  radio.addEventListener("input", () => {
    updateBreaking(); // the colour can be chosen now
    page.colour.value = page.off.value ? "broken" : "surprise";
  });
});

/** Chooses what is switched off: nothing, for a value that doesn't exist. */
function chooseOff(value) {
  // Chromium ignores an empty value of the whole group.
  const chosen = [...page.off].find((radio) => radio.value === value) ?? page.off[0];
  chosen.checked = true;
}

/** Switches off the cells that are chosen for it. */
function updateBreaking() {
  const off = page.off.value;
  const brokenColour = [...page.colour].at(-1);
  brokenColour.disabled = off === "";
  if (off === "" && page.colour.value === "broken") page.colour.value = "surprise";
  let cells = [];
  if (off === "cell") cells = [view.cell];
  if (off === "quarter") cells = quarterOfLayer();
  if (cells.join() !== breaking.cells.join()) holdCells(cells);
}

/** Lets the worker hold cells at zero, or none. */
function holdCells(cells) {
  breaking.cells = cells;
  breaking.shown = 0;
  breaking.changes = [];
  breaking.until = Infinity;
  reading.shown = 0; // all is read again
  page.broken.textContent = "";
  wall.hold(cells);
  tell("hold", cells);
  lookAt(view.position, true);
}

/** After a change of the text from `begin` to `endOfOld`, of `oldLength` characters. */
function keepChanges(oldLength, begin, endOfOld, added) {
  if (breaking.cells.length === 0) return;
  breaking.changes.length = oldLength; // what the network has just written was not compared yet
  breaking.changes = replaceRange(breaking.changes, begin, endOfOld, added);
  breaking.shown = Math.min(breaking.shown, begin);
}

/** Takes what the worker reports of the comparison: see `news` in worker/breaking.js. */
function showChanges({ cells, start, changes, toRead, written, different }) {
  if (cells.join() !== breaking.cells.join()) return; // those of before
  changes.forEach((change, k) => {
    breaking.changes[start + k] = change;
  });
  breaking.shown = start + changes.length;
  paper.colourRange(start, breaking.shown);
  if (toRead) {
    if (writing) sayOfBreaking(AFTER_WRITING); // the worker does both, but not at once
    return;
  }
  sayOfBreaking([describeChanges(), describeWritten(written, different)].join(" ").trim());
}

/** What is said already isn't said again by a screen reader. */
function sayOfBreaking(sentence) {
  if (page.broken.textContent !== sentence) page.broken.textContent = sentence;
}

function nameOfHeld() {
  const { cells } = breaking;
  if (cells.length === 1) return nameOfCell(cells[0]);
  return `these ${cells.length} cells of layer ${layerOf(cells[0], config.hidden_size) + 1}`;
}

/** "Without cell 117 (layer 1), this text is a little harder to predict: 0.05 bits a character." */
function describeChanges() {
  const predicted = breaking.changes.slice(0, breaking.until).filter(Number.isFinite);
  if (!predicted.length) return "";
  const mean = predicted.reduce((total, each) => total + each, 0) / predicted.length;
  return `Without ${nameOfHeld()}, this text is ${inWords(mean)} ${describeMost()}`;
}

/** "a little harder to predict, by 0.05 bits a character.", for a difference in bits. */
function inWords(difference) {
  const size = Math.abs(difference);
  if (size < HARDLY) return "as easy to predict as before.";
  let degree = "";
  if (size < 0.1) degree = "a little ";
  if (size >= 0.5) degree = "much ";
  const direction = difference < 0 ? "easier" : "harder";
  return `${degree}${direction} to predict, by ${size.toFixed(2)} bits a character.`;
}

/** Where the network misses the cells most. */
function describeMost() {
  let most = 0;
  breaking.changes.slice(0, breaking.until).forEach((change, position) => {
    if (change > (breaking.changes[most] || 0)) most = position;
  });
  const change = breaking.changes[most];
  if (!(change >= 0.5)) return "";
  const before = reading.characters.slice(Math.max(0, most - 12), most).map(signOf).join("");
  const letter = nameOf(reading.characters[most]);
  return `It misses most at ${letter} after “${before}”: ${change.toFixed(1)} bits.`;
}

function describeWritten(written, different) {
  if (written === 0) return "";
  const times = different === 1 ? "once" : `${grouped(different)} times`;
  return `With all cells, it would have chosen another letter ${times} in ${inCharacters(written)}.`;
}

/** A sentence about what holding the cells changes at a character, or null. */
function explainChange(position) {
  const change = breaking.changes[position];
  const isCompared = position < breaking.shown && Number.isFinite(change);
  if (breaking.cells.length === 0 || !isCompared) return null;
  const size = Math.abs(change);
  if (size < HARDLY) return `Without ${nameOfHeld()}: as easy.`;
  return `Without ${nameOfHeld()}: ${size.toFixed(2)} bits ${change < 0 ? "easier" : "harder"}.`;
}
