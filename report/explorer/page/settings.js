// The settings of the writing, and the cell that colours the text.

/** Tells the worker the settings; for another cell it answers about the whole text again. */
function settingsChanged() {
  const { temperature, min_p, top_p } = numberFields;
  const areValid = [temperature, min_p, top_p].every((field) => field.checkValidity());
  if (areValid) {
    tell("options", {
      temperature: temperature.valueAsNumber,
      min_p: min_p.valueAsNumber,
      top_p: top_p.valueAsNumber,
    });
  }
  const cell = page.cell.valueAsNumber;
  if (page.cell.checkValidity() && view.cell !== cell) {
    view.cell = cell;
    tell("cell", cell);
    holdCell(null); // another one, or the same of another network
    const isListed = config.cells.some((listed) => listed.cell === cell);
    page.found.value = isListed ? cell : "";
  }
  updateBreaking();
  lookAt(view.position, true);
  paper.colourAll();
}

/** Colours the text by a cell, or by what breaking it changes. */
function chooseCell(cell) {
  if (page.cell.valueAsNumber !== cell) page.cell.value = cell; // don't disturb typing
  if (page.colour.value === "surprise") page.colour.value = "cell";
  settingsChanged();
}
