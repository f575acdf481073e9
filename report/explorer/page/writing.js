// The network continues the text.

function startWriting() {
  writing = { time: performance.now(), written: 0 };
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
    const rate = Math.round(writing.written / seconds);
    progress = `${writing.written} characters, ${rate} per second`;
  }
  if (broken?.toRead && !writing) {
    const count = grouped(broken.toRead);
    progress = `${count} characters to read without cell ${broken.cell}`;
  }
  if (toRead) progress = `${grouped(toRead)} characters to read`;
  page.progress.textContent = progress;
  if (writing && !isWriting) stopped(canContinue);
}

/** The worker has stopped writing, perhaps because there is nothing that it can continue. */
function stopped(canContinue) {
  const written = `${writing.written} characters written.`;
  const nothing = "Type some letters first: the network continues them.";
  page.status.textContent = canContinue ? written : nothing;
  writing = null;
  if (view.lastAction === "writing") lookAt(reading.characters.length - 1);
}
