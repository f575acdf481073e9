// Gives the text to the worker, and takes what it reports about it.

const paper = new Paper(page.sheet, page.paper, styleOf);
const worker = new Worker(URL.createObjectURL(new Blob([byId("worker").textContent])));
worker.onerror = () => {
  page.status.textContent = "The network stopped: reload this page.";
};

/** Sends the worker a command or a question. */
function tell(what, value) {
  worker.postMessage([what, value]);
}

/** Whether the text is the example, perhaps continued. */
function showsExample() {
  return page.text.value.startsWith(config.initial.text);
}

/** Gives the worker the text and, with a seed, the order to continue it. */
function sendText(seed) {
  reading.version += 1;
  if (writing) allowAgain();
  const { version, shown } = reading;
  tell("text", { value: page.text.value, version, shown, compared: breaking.shown, seed });
  saveLater();
}

/** After a change: what is the same at both ends keeps its colours until it is read again. */
function textChanged() {
  const old = reading.characters;
  reading.characters = Array.from(page.text.value);
  const { atStart, atEnd } = commonEnds(old, reading.characters);
  const endOfOld = old.length - atEnd;
  const added = Array(reading.characters.length - atStart - atEnd).fill(0);
  reading.byNetwork = replaceRange(reading.byNetwork, atStart, endOfOld, added);
  reading.surprisals = replaceRange(reading.surprisals, atStart, endOfOld, added);
  reading.values = replaceRange(reading.values, atStart, endOfOld, added);
  reading.shown = Math.min(reading.shown, atStart);
  if (atStart < breaking.until) breaking.until = Infinity;
  keepChanges(old.length, atStart, endOfOld, added);
  if (!writing) page.status.textContent = "";
  page.ofExample.hidden = !showsExample();
  paper.layOut(page.text.value);
  sendText();
  followAgain();
}

/** What the worker reports: see `report` in worker.js. */
worker.onmessage = ({ data }) => {
  if (data.version !== reading.version) return; // the worker starts again from `shown`
  const end = data.start + data.characters.length;
  const numberWritten = end - reading.characters.length; // the page lacks what the network wrote
  if (numberWritten > 0) appendWritten(data.characters.slice(-numberWritten));
  data.surprisals.forEach((bits, k) => {
    reading.surprisals[data.start + k] = bits;
  });
  data.values.forEach((value, k) => {
    reading.values[data.start + k] = value;
  });
  reading.shown = end;
  paper.colourRange(data.start, end);
  if (writing && view.follows && numberWritten > 0) followWriting(end - 1);
  if (data.answers.look) showFocus(data.answers.look);
  if (data.answers.score) takeScores(data.answers.score);
  if (data.compared) showChanges(data.compared);
  showProgress(data);
};
