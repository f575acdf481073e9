// The settings of the writing, and the cell that colours the text.

/** Tells the worker the settings; with other ones, other characters may come next. */
function settingsChanged() {
  const { temperature, min_p, top_p } = numberFields;
  tell("options", {
    temperature: temperature.valueAsNumber,
    min_p: min_p.valueAsNumber,
    top_p: top_p.valueAsNumber,
  });
  Object.values(numberFields).forEach(showValue);
  updateBreaking();
  lookAt(view.position, true);
  paper.colourAll();
  saveLater();
}

/** Colours the text by a cell, or by what breaking it changes. */
function chooseCell(cell) {
  if (page.colour.value === "surprise") page.colour.value = "cell";
  showCell(cell);
  settingsChanged();
}

/** Shows what this cell does; the worker answers about the whole text again. */
function showCell(cell) {
  view.cell = cell;
  tell("cell", cell);
  wall.choose(cell);
  describeCell();
}
