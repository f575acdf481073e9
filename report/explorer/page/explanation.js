// The character you look at: how it was predicted or, at the end of the text, what comes next; and
// what the cells did.

const GATES = {
  i: "i  input gate",
  f: "f  forget gate",
  g: "g  candidate",
  o: "o  output gate",
};

const MOST_SOURCES = 2; // that are listed; the arcs show all
const LEAST_COPIED = 0.01; // a less probable character was hardly copied, whatever the head did

let toShow = null; // what the worker reported, until the next frame

/** Asks about a character; `passing` if you look at it only for a moment. */
function lookAt(position, passing = false) {
  view.position = Math.max(0, Math.min(position, reading.characters.length));
  if (!passing) view.pinned = view.position;
  if (reading.characters.length) tell("look", view.position);
  else showFocus({});
  if (!passing) saveLater();
}

/** Shows what the worker reported about a character, in the next frame. */
function showFocus(explained) {
  if (toShow === null) requestAnimationFrame(drawFocus);
  toShow = { explained, version: reading.version };
}

function drawFocus() {
  const { explained, version } = toShow;
  toShow = null;
  if (version !== reading.version) return; // the text was changed meanwhile
  const old = view.explained;
  if (explained.p < LEAST_COPIED) explained.sources = []; // no arcs either
  view.explained = explained;
  colourMarks(old);
  colourMarks(explained);
  drawArcs(explained);
  const isEnd = explained.isEnd === true;
  page.predictedTitle.textContent = `Predicting ${isEnd ? "the next" : "this"} character`;
  page.toEnd.hidden = isEnd;
  page.next.hidden = !isEnd;
  const lines = isEnd ? [endLine(explained)] : explainLines(explained);
  page.focus.replaceChildren(...lines);
  if (isEnd) showNext(explained.next);
  if (view.lastAction.startsWith("Arrow")) page.spoken.textContent = lines[0].textContent;
  showGates(explained);
  wall.light(explained.cells);
}

/** Colours the character that was explained, and those it was copied from, again. */
function colourMarks({ at, sources = [] }) {
  if (at !== undefined) paper.colourRange(at, at + 1);
  sources.forEach((source) => paper.colourRange(source.at, source.at + 1));
}

const say = (sentence) => make("p", {}, sentence);

function endLine({ next }) {
  if (next.length === 0) return say("Type letters that the network knows: it predicts the next.");
  return say("At your temperature and min-p, these can come next. Press one to append it.");
}

/** What to say about a character, in paragraphs and bars. */
function explainLines(explained) {
  if (explained.at === undefined) return [say("There is no text.")];
  const character = reading.characters[explained.at];
  const name = nameOf(character);
  if (!explained.isKnown) return [say(`The network never saw ${name}, so it skips it.`)];
  if (!explained.isPredicted) return [say(`${name} comes first: nothing predicts it.`)];
  const { p, likeliest } = explained;
  const bits = surprisal(p).toFixed(1);
  const first = say(`${name} had a probability of ${percent(p)} (${bits} bits of surprise).`);
  const rows = likeliest.map((row) => likelyBar(row, character));
  const bars = make("div", { className: "bars" }, ...rows);
  const words = make("div", { className: "words" }, ...explainCopies(explained));
  const change = explainChange(explained.at);
  if (change !== null) words.prepend(make("p", { className: "change" }, change));
  return [first, bars, words];
}

/** How much of a probability was copied, and from where. */
function explainCopies({ at, p, copied, sources }) {
  if (!config.copy_size || p < LEAST_COPIED) return [];
  if (sources.length === 0) return [say("Hardly any of this was copied.")];
  const isOne = sources.length === 1;
  const where = isOne ? " from where the green arc begins" : "; most came from where the green arcs begin";
  const sentence = say(`Of this probability, ${percent(copied)} was copied${where}:`);
  const listed = sources.slice(0, MOST_SOURCES);
  return [sentence, ...listed.map((source) => sourceLine(at, source, isOne))];
}

/** A character that was likely; that which came, `actual`, is blue. */
function likelyBar({ character, p }, actual) {
  const kind = character === actual ? "true" : "";
  return makeBar(signOf(character), p, percent(p), kind);
}

/** A character that was copied, in its words: how far back it is or, of several, its share. */
function sourceLine(position, { at, share }, isOne) {
  const { characters } = reading;
  const before = characters.slice(Math.max(0, at - 8), at).map(signOf).join("");
  const behind = characters.slice(at + 1, at + 6).map(signOf).join("");
  const mark = make("mark", {}, signOf(characters[at]));
  const words = make("samp", {}, before, mark, behind);
  const distance = `${inCharacters(position - at)} earlier`;
  return make("p", {}, words, ` ${isOne ? distance : percent(share)}`);
}

/** The bars of the gates stay, so that they move; the lines say how they make the new c and h. */
const gates = Object.entries(GATES).map(([gate, name]) => {
  const row = makeBar(name, 0, "", `gate ${gate}`);
  const [, bar, number] = row.children;
  return { gate, row, bar, number };
});
const lineOfC = make("p", {});
const lineOfH = make("p", {});
page.gates.append(...gates.map(({ row }) => row), lineOfC, lineOfH);

function showGates({ isKnown, gates: values, oldC, newC, h }) {
  page.gates.classList.toggle("none", !isKnown);
  if (!isKnown) return;
  for (const { gate, bar, number } of gates) {
    setLength(bar, values[gate]);
    number.textContent = twoDecimals(values[gate]);
  }
  const kept = `${twoDecimals(values.f)} · ${twoDecimals(oldC)}`;
  const stored = `${twoDecimals(values.i)} · ${twoDecimals(values.g)}`;
  lineOfC.textContent = `new c = f · c + i · g = ${kept} + ${stored} = ${twoDecimals(newC)}`;
  lineOfH.textContent = `h = o · tanh(c) = ${twoDecimals(h)}`;
}

page.toEnd.addEventListener("click", () => {
  lookAt(reading.characters.length);
  page.sheet.scrollTop = page.sheet.scrollHeight;
});
