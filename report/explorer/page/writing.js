// The network continues the text, and what it wrote can be taken back.

const SLOW = 10; // letters a second
const BETWEEN_LOOKS = 100; // milliseconds

const MOST_KEPT = 100; // texts
// Each before the page changed it, {text, byNetwork}: they can be brought back one by one.
const textsBefore = [];
const pen = new Ticker(writeOne);
const isByLetter = () => page.speed.value === "letter";

/** The button writes, or a letter; while the network writes by itself, it stops it. */
function pressWrite() {
  if (writing && !isByLetter()) stopWriting();
  else if (writing) writeAnother();
  else startWriting();
}

function startWriting() {
  readAtOnce();
  forgetHistory();
  if (!writing) {
    rememberText(page.text.value);
    breaking.until = Math.min(breaking.until, reading.characters.length);
  }
  writing = { time: performance.now(), written: 0, allowed: 0, looked: 0 };
  view.follows = true;
  page.sheet.scrollIntoView({ block: "nearest" });
  page.sheet.scrollTop = page.sheet.scrollHeight;
  sendText(numberFields.seed.valueAsNumber);
  writeAtSpeed();
}

/** Writes one more letter, which can be taken back alone. */
function writeAnother() {
  if (writing.written < writing.allowed) return;
  rememberText(page.text.value);
  writeOne();
}

/** Allows the worker one more character, if it has written the last. */
function writeOne() {
  if (writing.written < writing.allowed) return;
  writing.allowed = writing.written + 1;
  tell("write", 1);
}

/** The worker gets a new text: what it wrote meanwhile into the old one is not reported. */
function allowAgain() {
  if (page.speed.value !== "fast") writing.allowed = writing.written;
}

/** Writes at the chosen speed, which may change meanwhile. */
function writeAtSpeed() {
  pen.stop();
  showWriting();
  if (!writing) return;
  writing.allowed = writing.written;
  writing.time = performance.now();
  writing.before = writing.written; // at another speed
  if (page.speed.value === "fast") {
    writing.allowed = Infinity;
    tell("write", Infinity);
    return;
  }
  tell("write", 0);
  if (isByLetter()) writeOne();
  else pen.start(SLOW);
}
page.speed.addEventListener("input", writeAtSpeed);

/** Looks at what was just written; at full speed, not so often that it would be slower. */
function followWriting(position) {
  const now = performance.now();
  const isFast = page.speed.value === "fast";
  if (isFast && now < writing.looked + BETWEEN_LOOKS) return;
  writing.looked = now;
  lookAt(position, true);
}

function stopWriting() {
  pen.stop();
  tell("stop");
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
  reading.byNetwork.push(...written.map(() => true));
  if (writing) writing.written += written.length;
  saveLater();
}

function showProgress({ toRead, isWriting, canContinue, compared }) {
  let progress = "";
  if (writing) {
    const seconds = (performance.now() - writing.time) / 1000;
    const rate = grouped((writing.written - writing.before) / seconds);
    progress = `${inCharacters(writing.written)}${isByLetter() ? "" : `, ${rate} per second`}`;
  }
  if (compared?.toRead && !writing) {
    progress = `${inCharacters(compared.toRead)} to compare with the whole network`;
  }
  if (toRead && along.position === null) progress = `${inCharacters(toRead)} to read`;
  page.progress.textContent = progress;
  if (writing && !isWriting) stopped(canContinue);
}

/** The worker has stopped writing, perhaps because there is nothing that it can continue. */
function stopped(canContinue) {
  const isFull = page.text.value.length >= page.text.maxLength;
  const limit = isFull ? ` The text may have ${inCharacters(page.text.maxLength)}.` : "";
  const written = `${inCharacters(writing.written)} written.${limit}`;
  const nothing = "Type letters that the network knows: it continues them.";
  page.progress.textContent = "";
  endWriting();
  followAgain();
  page.status.textContent = canContinue ? written : nothing;
  if (!view.isComposing) forgetHistory(); // moving the field would end the composition
  if (page.text.value === textsBefore.at(-1)?.text) textsBefore.pop(); // nothing was written
  showWriting();
  if (view.follows) lookAt(reading.characters.length);
}

function endWriting() {
  pen.stop();
  writing = null;
}

/** The page is about to show another text: what the worker still says of the old one is ignored. */
function abandonWriting() {
  tell("stop");
  endWriting();
  showWriting();
}

const canTakeBack = () => textsBefore.length > 0 && (writing === null || isByLetter());

/** What the buttons do now. */
function showWriting() {
  const isByItself = writing !== null && !isByLetter();
  const toWrite = isByLetter() ? "Write a letter" : "Write";
  page.write.textContent = isByItself ? "Stop" : toWrite;
  if (writing) page.status.textContent = isByItself ? "Writing." : "Press again for the next letter.";
  setEnabled(page.takeBack, canTakeBack());
}

/** The page is about to change this text, or has put another into the field. */
function rememberText(text) {
  textsBefore.push({ text, byNetwork: [...reading.byNetwork] });
  if (textsBefore.length > MOST_KEPT) textsBefore.shift();
  showWriting();
}

/** Shows an older text, with what the network wrote of it. */
function bringBack({ text, byNetwork }) {
  page.text.value = text;
  textChanged();
  reading.byNetwork = byNetwork;
  paper.colourAll();
  forgetHistory();
}

/** Restores the text from before the page's last change. */
function takeBack() {
  if (!canTakeBack()) return;
  abandonWriting();
  bringBack(textsBefore.pop());
  showWriting();
  page.status.textContent = "The text is as it was before.";
  page.sheet.scrollTop = page.sheet.scrollHeight;
  lookAt(reading.characters.length);
}

/** After you have changed the text yourself, an older one doesn't come back. */
function forgetTextsBefore() {
  if (writing) return; // then taking back includes what you change meanwhile
  textsBefore.length = 0;
  showWriting();
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
