// What you do on the page.

document.addEventListener("input", ({ target }) => {
  view.lastAction = "typing";
  if (target.validity?.rangeOverflow) target.reportValidity(); // the browser says what is allowed
  if (target === page.text) {
    readAtOnce();
    forgetTextsBefore();
    textChanged();
    followCursor();
  } else if (target.form === page.settings) {
    settingsChanged();
  }
});

/** What is selected in the text, in characters. */
function selected() {
  const { value, selectionStart, selectionEnd } = page.text;
  const countCharacters = (end) => Array.from(value.slice(0, end)).length;
  return { start: countCharacters(selectionStart), end: countCharacters(selectionEnd) };
}

/** Explains the character at the cursor, or orders the cells by what is selected. */
function followCursor() {
  if (document.activeElement !== page.text) return;
  const { start, end } = selected();
  const selection = `${reading.version} ${start} ${end}`;
  if (selection === view.selection) return; // the network has appended something, no more
  view.selection = selection;
  if (start < end) {
    picksCell = page.sort.value === BY_SELECTION;
    if (picksCell) orderBySelection();
  } else if (view.lastAction !== "pointing") {
    view.follows = false;
    lookAt(start); // a click has chosen already
  }
}
document.addEventListener("selectionchange", followCursor);

/** Explains the character under the pointer; a click keeps it. */
function point({ clientX, clientY, type }) {
  const position = paper.positionAt(clientX, clientY);
  view.lastAction = position === undefined ? "" : "pointing";
  if (position === undefined) return;
  const isClick = type === "click";
  if (isClick) readAtOnce();
  view.follows = false;
  lookAt(position, !isClick);
}
page.text.addEventListener("pointermove", point);
page.text.addEventListener("click", point);
page.text.addEventListener("pointerleave", () => {
  const isBusy = writing !== null || along.position !== null;
  if (isBusy) view.follows = true; // and the next character shows itself
  else lookAt(view.pinned);
});

// Who scrolls the text reads something else in it.
for (const type of ["wheel", "touchmove"]) {
  const leave = () => {
    view.follows = false;
  };
  page.sheet.addEventListener(type, leave, { passive: true });
}

page.text.addEventListener("compositionstart", () => {
  view.isComposing = true;
  stopWriting(); // while an input method composes a character, nothing else may change the text
  sendText();
});
page.text.addEventListener("compositionend", () => {
  view.isComposing = false;
});
page.text.addEventListener("keydown", ({ key }) => {
  view.lastAction = key;
});

onSubmit(page.settings, page.write, pressWrite);
page.takeBack.addEventListener("click", takeBack);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    stopWriting();
    readAtOnce();
  }
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
addEventListener("hashchange", () => {
  readAtOnce();
  restore();
});
