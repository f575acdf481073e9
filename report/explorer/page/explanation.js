// The character you look at: how it was predicted, and what the chosen cell did.

const GATES = {
  i: "i  input gate",
  f: "f  forget gate",
  g: "g  candidate",
  o: "o  output gate",
};

const LEAST_COPIED = 0.01; // a less probable character was hardly copied, whatever the head did

/** Asks about a character; `passing` if only the pointer is over it. */
function lookAt(position, passing = false) {
  view.position = Math.max(0, Math.min(position, reading.characters.length - 1));
  if (!passing) view.pinned = view.position;
  if (reading.characters.length) tell("look", view.position);
  else showFocus({});
  saveLater();
}

/** Shows what the worker reported about a character. */
function showFocus(explained) {
  const old = view.explained;
  if (explained.p < LEAST_COPIED) explained.sources = []; // no arcs either
  view.explained = explained;
  colourMarks(old);
  colourMarks(explained);
  drawArcs(explained);
  const lines = explainLines(explained);
  page.focus.replaceChildren(...lines);
  if (view.lastAction.startsWith("Arrow")) page.spoken.textContent = lines[0].textContent;
  const gates = explained.isKnown ? gateLines(explained) : [];
  page.gates.replaceChildren(...gates);
}

/** Colours the character that was explained, and those it was copied from, again. */
function colourMarks({ at, sources = [] }) {
  if (at !== undefined) paper.colourRange(at, at + 1);
  sources.forEach((source) => paper.colourRange(source.at, source.at + 1));
}

/** What to say about a character, in paragraphs and bars. */
function explainLines(explained) {
  const say = (sentence) => make("p", {}, sentence);
  if (explained.at === undefined) return [say("There is no text.")];
  const character = reading.characters[explained.at];
  const name = nameOf(character);
  if (!explained.isKnown) return [say(`The network never saw ${name}, so it skips it.`)];
  if (!explained.isPredicted) return [say(`${name} comes first: nothing predicts it.`)];
  const { p, likeliest, copied, sources } = explained;
  const bits = surprisal(p).toFixed(1);
  const end = sources.length ? ", mostly:" : ".";
  const change = explainChange(explained.at);
  const lines = [say(`${name} had a probability of ${percent(p)} (${bits} bits of surprise).`)];
  if (change !== null) lines.push(say(change));
  lines.push(...likeliest.map((row) => likelyBar(row, character)));
  if (config.copy_size && p >= LEAST_COPIED) {
    lines.push(say(`${percent(copied)} of this probability came from copying${end}`));
    lines.push(...sources.map((source) => sourceLine(explained.at, source)));
  }
  return lines;
}

/** A character that was likely; that which came, `actual`, is blue. */
function likelyBar({ character, p }, actual) {
  const kind = character === actual ? "true" : "";
  return makeBar(signOf(character), p, percent(p), kind);
}

/** Where a character was copied from, with the words around it. */
function sourceLine(position, { at, share }) {
  const { characters } = reading;
  const before = characters.slice(Math.max(0, at - 12), at).map(signOf).join("");
  const behind = characters.slice(at + 1, at + 8).map(signOf).join("");
  const mark = make("mark", {}, signOf(characters[at]));
  const words = make("samp", {}, before, mark, behind);
  const distance = position - at;
  const unit = distance === 1 ? "character" : "characters";
  return make("p", {}, words, ` ${distance} ${unit} earlier: ${percent(share)} of it`);
}

/** The gates of the chosen cell, and how they make its new c and h. */
function gateLines({ gates, oldC, newC, h }) {
  const bars = Object.entries(GATES).map(([gate, name]) => {
    return makeBar(name, gates[gate], twoDecimals(gates[gate]), `gate ${gate}`);
  });
  const kept = `${twoDecimals(gates.f)} · ${twoDecimals(oldC)}`;
  const stored = `${twoDecimals(gates.i)} · ${twoDecimals(gates.g)}`;
  const lineOfC = `new c = f · c + i · g = ${kept} + ${stored} = ${twoDecimals(newC)}`;
  const lineOfH = `h = o · tanh(c) = ${twoDecimals(h)}`;
  return [...bars, make("p", {}, lineOfC), make("p", {}, lineOfH)];
}

/** Buttons for the cells that tell a selection from the rest. */
function showReactingCells(cells) {
  const buttons = cells.map(({ cell, area }) => {
    const words = `${nameOfCell(cell)}: ${twoDecimals(area)}`;
    const onclick = () => chooseCell(cell);
    return make("button", { type: "button", onclick }, words);
  });
  page.reacting.replaceChildren(...buttons);
}
