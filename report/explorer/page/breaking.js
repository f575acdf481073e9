// Break it: the network reads the text a second time, with the chosen cell held at zero.

const AFTER_WRITING = "The colours come when the network has stopped writing.";

page.break.addEventListener("change", () => {
  page.colour.value = page.break.checked ? "broken" : "cell";
  settingsChanged();
});

/** Holds the chosen cell at zero while what this changes colours the text. */
function updateBreaking() {
  const isBroken = page.colour.value === "broken";
  const cell = isBroken ? view.cell : null;
  page.break.checked = isBroken;
  if (cell !== breaking.cell) holdCell(cell);
}

/** Lets the worker hold a cell at zero, or none. */
function holdCell(cell) {
  breaking.cell = cell;
  breaking.shown = 0;
  breaking.changes = [];
  page.broken.textContent = "";
  tell("hold", cell);
}

/** After a change of the text from `begin` to `endOfOld`, of `oldLength` characters. */
function keepChanges(oldLength, begin, endOfOld, added) {
  if (breaking.cell === null) return;
  breaking.changes.length = oldLength; // what the network has just written was not compared yet
  breaking.changes = replaceRange(breaking.changes, begin, endOfOld, added);
  breaking.shown = Math.min(breaking.shown, begin);
}

/** Takes what the worker reports of the second reading: see `news` in worker/breaking.js. */
function showChanges({ cell, start, changes, toRead }) {
  if (cell !== breaking.cell) return; // the worker has not received the new cell yet
  changes.forEach((change, k) => {
    breaking.changes[start + k] = change;
  });
  breaking.shown = start + changes.length;
  paper.colourRange(start, breaking.shown);
  if (toRead) {
    if (writing) sayOfBreaking(AFTER_WRITING); // the worker does both, but not at once
    return;
  }
  sayOfBreaking(describeChanges());
  const isCompared = view.explained.at < breaking.shown; // the character you look at
  if (changes.length && isCompared) showFocus(view.explained);
}

/** What is said already isn't said again by a screen reader. */
function sayOfBreaking(sentence) {
  if (page.broken.textContent !== sentence) page.broken.textContent = sentence;
}

/** "Without cell 117 (layer 1), the average surprise is 0.012 bits higher (338 characters)." */
function describeChanges() {
  const predicted = breaking.changes.filter(Number.isFinite);
  if (!predicted.length) return "";
  const mean = predicted.reduce((total, each) => total + each, 0) / predicted.length;
  const name = nameOfCell(breaking.cell);
  const count = grouped(predicted.length);
  return `Without ${name}, the average surprise is ${describeBits(mean)} (${count} characters).`;
}

/** A difference in words: "0.012 bits higher". */
function describeBits(difference) {
  const direction = difference < 0 ? "lower" : "higher";
  return `${Math.abs(difference).toFixed(3)} bits ${direction}`;
}

/** A sentence about what holding the cell changes at a character, or null. */
function explainChange(position) {
  const change = breaking.changes[position];
  if (breaking.cell === null || position >= breaking.shown || !Number.isFinite(change)) return null;
  return `Without ${nameOfCell(breaking.cell)}, its surprise is ${describeBits(change)}.`;
}
