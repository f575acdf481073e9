// The network continues the text, and what it wrote can be taken back.

const textsBefore = []; // each before the page changed it: they can be brought back one by one

function startWriting() {
  forgetHistory();
  if (!writing) textsBefore.push(page.text.value);
  writing = { time: performance.now(), written: 0 };
  showTakeBack();
  page.status.textContent = "Writing.";
  view.lastAction = "writing";
  page.sheet.scrollIntoView({ block: "nearest" });
  page.sheet.scrollTop = page.sheet.scrollHeight;
  sendText(numberFields.seed.valueAsNumber);
}

/** Puts what the worker wrote at the end of the text; what was selected stays selected. */
function appendWritten(written) {
  const { text } = page;
  const { selectionStart, selectionEnd } = text;
  const length = text.value.length;
  const endSelected = selectionStart < selectionEnd && selectionEnd === length;
  keepAtEnd(page.sheet, () => {
    text.setRangeText(written.join(""), length, length, "preserve");
    paper.layOut(text.value);
  });
  if (endSelected) text.setSelectionRange(selectionStart, text.value.length);
  reading.characters.push(...written);
  if (writing) writing.written += written.length;
}

function showProgress({ toRead, isWriting, canContinue, broken }) {
  let progress = "";
  if (writing) {
    const seconds = (performance.now() - writing.time) / 1000;
    const rate = grouped(writing.written / seconds);
    progress = `${inCharacters(writing.written)}, ${rate} per second`;
  }
  if (broken?.toRead && !writing) {
    progress = `${inCharacters(broken.toRead)} to read without cell ${broken.cell}`;
  }
  if (toRead) progress = `${inCharacters(toRead)} to read`;
  page.progress.textContent = progress;
  if (writing && !isWriting) stopped(canContinue);
}

/** The worker has stopped writing, perhaps because there is nothing that it can continue. */
function stopped(canContinue) {
  const isFull = page.text.value.length >= page.text.maxLength;
  const limit = isFull ? ` The text may have ${inCharacters(page.text.maxLength)}.` : "";
  const written = `${inCharacters(writing.written)} written.${limit}`;
  const nothing = "Type letters that the network knows: it continues them.";
  page.status.textContent = canContinue ? written : nothing;
  page.progress.textContent = "";
  writing = null;
  if (!view.isComposing) forgetHistory(); // moving the field would end the composition
  if (page.text.value === textsBefore.at(-1)) textsBefore.pop(); // nothing was written
  showTakeBack();
  if (view.lastAction === "writing") lookAt(reading.characters.length - 1);
}

const canTakeBack = () => writing === null && textsBefore.length > 0;

function showTakeBack() {
  setEnabled(page.takeBack, canTakeBack());
}

/** The page is about to replace this text, or has done so. */
function rememberText(text) {
  textsBefore.push(text);
  showTakeBack();
}

/** Restores the text from before the page's last change. */
function takeBack() {
  if (!canTakeBack()) return;
  page.text.value = textsBefore.pop();
  textChanged();
  forgetHistory();
  showTakeBack();
  page.status.textContent = "The text is as it was before.";
  page.sheet.scrollTop = page.sheet.scrollHeight;
  lookAt(reading.characters.length - 1);
}

/** After you have changed the text yourself, an older one doesn't come back. */
function forgetTextsBefore() {
  if (writing) return; // then taking back includes what you change meanwhile
  textsBefore.length = 0;
  showTakeBack();
}

/**
 * Empties the browser's history of changes in the text, after the page has changed it.
 *
 * Otherwise Chromium's Ctrl+Z would put old text in wrong places. Chromium forgets what can be
 * undone in a field when the field leaves the page, so this takes it out and puts it back.
 */
function forgetHistory() {
  const { text } = page;
  const hadFocus = document.activeElement === text;
  page.sheet.append(text); // it is the last element there
  if (hadFocus) text.focus({ preventScroll: true });
}
