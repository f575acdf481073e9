// What you do on the page.

const isCell = (field) => field === page.cell || field === page.found;

document.addEventListener("input", ({ target }) => {
  view.lastAction = "typing";
  if (target.validity.rangeOverflow) target.reportValidity(); // the browser says what is allowed
  if (target === page.text) {
    forgetTextsBefore();
    textChanged();
    followCursor();
  } else if (target.form === page.settings) {
    settingsChanged();
  } else if (isCell(target) && target.value) {
    chooseCell(Number(target.value)); // typed, or one that the course found
  }
});

/** Explains the character at the cursor, or finds cells that react to what is selected. */
function followCursor() {
  const { text } = page;
  if (document.activeElement !== text) return;
  const countCharacters = (end) => Array.from(text.value.slice(0, end)).length;
  const start = countCharacters(text.selectionStart);
  const end = countCharacters(text.selectionEnd);
  const selection = `${reading.version} ${start} ${end}`;
  if (selection === view.selection) return; // the network has appended something, no more
  view.selection = selection;
  if (start < end) tell("compare", [start, end]);
  else if (view.lastAction !== "pointing") lookAt(start); // a click has chosen already
}
document.addEventListener("selectionchange", followCursor);

/** Explains the character under the pointer; a click keeps it. */
function point({ clientX, clientY, type }) {
  const position = paper.positionAt(clientX, clientY);
  view.lastAction = position === undefined ? "" : "pointing";
  const passing = type !== "click";
  if (position !== undefined) lookAt(position, passing);
}
page.text.addEventListener("pointermove", point);
page.text.addEventListener("click", point);
page.text.addEventListener("pointerleave", () => lookAt(view.pinned));

page.text.addEventListener("compositionstart", () => {
  view.isComposing = true;
  tell("stop"); // while an input method composes a character, nothing else may change the text
  sendText();
});
page.text.addEventListener("compositionend", () => {
  view.isComposing = false;
});
page.text.addEventListener("keydown", ({ key }) => {
  view.lastAction = key;
});
page.cell.addEventListener("change", () => {
  if (!page.cell.checkValidity()) page.cell.value = view.cell;
});

onSubmit(page.settings, page.generate, startWriting);
page.stop.addEventListener("click", () => tell("stop"));
page.takeBack.addEventListener("click", takeBack);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") tell("stop");
  if (isUndo(event) && canTakeBack() && !isOtherField(event.target)) {
    event.preventDefault();
    takeBack();
  }
});

const isUndo = ({ key, ctrlKey, metaKey, shiftKey, altKey }) => {
  const isCommand = (ctrlKey || metaKey) && !shiftKey && !altKey;
  return isCommand && key.toLowerCase() === "z";
};

const isOtherField = (element) => element !== page.text && element.matches("input, textarea");

/** Lets the browser undo nothing while the network writes, nor in a field you are not in. */
document.addEventListener("beforeinput", (event) => {
  const isOfHistory = event.inputType.startsWith("history"); // undo or redo
  const isElsewhere = event.target !== document.activeElement;
  if (isOfHistory && (writing || isElsewhere)) event.preventDefault();
});
addEventListener("hashchange", restore);
