// Break it: the network reads the text a second time, with the chosen cell held at zero.

const breaking = {
  cell: null, // the one that is held at zero, or null
  shown: 0, // how many characters the worker has compared
  changes: [], // of their surprise, in bits; NaN where nothing predicted them
};

page.break.addEventListener("change", () => {
  page.colour.value = page.break.checked ? "broken" : "cell";
  settingsChanged();
});

/** Breaks the chosen cell while its changes colour the text. */
function breakOrMend() {
  const isBroken = page.colour.value === "broken";
  const cell = isBroken ? view.cell : null;
  page.break.checked = isBroken;
  if (cell !== breaking.cell) breakCell(cell);
}

/** Lets the worker hold a cell at zero, or none. */
function breakCell(cell) {
  breaking.cell = cell;
  breaking.shown = 0;
  breaking.changes = [];
  page.broken.textContent = "";
  tell("hold", cell);
}

/** After a change of the text from `begin` to `endOfOld`, of `oldLength` characters. */
function keepChanges(oldLength, begin, endOfOld, added) {
  breaking.changes.length = oldLength; // what the network has just written was not compared yet
  breaking.changes = replaceRange(breaking.changes, begin, endOfOld, added);
  breaking.shown = Math.min(breaking.shown, begin);
}

/** Takes what the worker reports of the second reading: see `news` in worker/breaking.js. */
function showChanges({ cell, start, changes, toRead }) {
  if (cell !== breaking.cell) return; // the worker hasn't heard yet
  changes.forEach((change, k) => {
    breaking.changes[start + k] = change;
  });
  breaking.shown = start + changes.length;
  paper.colourRange(start, breaking.shown);
  if (toRead) return;
  const description = describeChanges();
  if (page.broken.textContent !== description) page.broken.textContent = description;
  if (changes.length) lookAt(view.position, true); // what is said about it has changed
}

/** "Without cell 117, a character costs 0.01 bits more on average." */
function describeChanges() {
  const predicted = breaking.changes.filter(Number.isFinite);
  if (!predicted.length) return "";
  const mean = predicted.reduce((total, each) => total + each, 0) / predicted.length;
  const name = nameOfCell(breaking.cell);
  const count = predicted.length.toLocaleString("en");
  return `Without ${name}, a character costs ${describeBits(mean)} on average, over ${count} characters.`;
}

/** A difference in words: "0.012 bits more". */
function describeBits(difference) {
  const direction = difference < 0 ? "less" : "more";
  return `${Math.abs(difference).toFixed(3)} bits ${direction}`;
}

/** What breaking the cell changes at a character, in a list of at most one sentence. */
function explainChange(position) {
  const change = breaking.changes[position];
  if (breaking.cell === null || position >= breaking.shown || !Number.isFinite(change)) return [];
  return [`Without cell ${breaking.cell}, it costs ${describeBits(change)}.`];
}
