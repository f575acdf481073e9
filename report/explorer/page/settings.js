// The settings of the writing, and the cell that colours the text.

/** Tells the worker the settings; for another cell it answers about the whole text again. */
function settingsChanged() {
  if (page.settings.checkValidity()) {
    tell("options", {
      temperature: Number(fields.temperature.value),
      min_p: Number(fields.min_p.value),
      top_p: Number(fields.top_p.value),
    });
  }
  if (page.unit.checkValidity() && view.unit !== page.unit.value) {
    view.unit = page.unit.value;
    tell("unit", Number(view.unit));
    const listed = config.cells.some((cell) => String(cell.unit) === view.unit);
    page.found.value = listed ? view.unit : "";
  }
  lookAt(view.position, true);
  paper.colourAll();
}

/** Colours the text by a cell; `unit` is its number as a string. */
function chooseUnit(unit) {
  if (page.unit.value !== unit) page.unit.value = unit; // don't disturb typing
  fields.colour.value = "cell";
  settingsChanged();
}
