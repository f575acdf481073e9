// The page: shows what the worker reads and writes, and asks it about what you look at.
"use strict";

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((e) => [e.id, e]));
const { text, sheet, paper, settings } = page;
const config = JSON.parse(page.config.textContent);
const { hidden_size: size } = config, known = new Set(config.chars);
const SAVED = ["temperature", "min_p", "top_p", "seed", "colour", "unit"]; // in the address
const GATES = ["i  input gate", "f  forget gate", "g  candidate", "o  output gate"];

let version = 0, shown = 0; // the text's number; how much of it the worker has answered
let characters = [], surprisals = [], values = []; // of the text: bits, and 127 tanh(c)
let pieces = [], late = new Set(); // the text as it is laid out; pieces to colour again
let place = 0, pinned = 0, focus = {}; // what you look at, also after the pointer has left
let acted = "", selected; // what you did last: a key, "typing", "pointing", "writing"
let began = null, unit = null, saving; // when it began to write; the cell; a timer

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** How many elements two lists have in common at the beginning and at the end. */
function common(a, b) {
  const most = Math.min(a.length, b.length);
  let before = 0, behind = 0;
  while (before < most && a[before] === b[before]) before++;
  while (behind < most - before && a.at(-1 - behind) === b.at(-1 - behind)) behind++;
  return [before, behind];
}

const replace = (a, at, count, added) => [...a.slice(0, at), ...added, ...a.slice(at + count)];
const sign = (c) => ({ " ": "␣", "\n": "↵", "\t": "⇥", "\u00a0": "⍽" })[c] ?? c;
const named = (c) => ({ " ": "Space", "\n": "Line break", "\t": "Tab" })[c] ?? c;
const percent = (p) => `${(100 * p).toFixed(p >= 0.1 ? 0 : p >= 0.01 ? 1 : 2)} %`;
const option = (name) => settings.elements[name] ?? page[name];
const cellName = (unit) => `cell ${unit} (layer ${Math.floor(unit / size) + 1})`;

/** A name, a bar and a number. */
function bar(name, share, number, kind = "") {
  const style = `width:${(100 * Math.abs(share)).toFixed(1)}%`, label = make("samp", {}, name);
  const length = make("i", { style, className: share < 0 ? "negative" : "" });
  return make("div", { className: `bar ${kind}` }, label, length, make("span", {}, number));
}

const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    target.piece.seen = isIntersecting;
    if (isIntersecting) colourLater(target.piece);
    else target.textContent = target.piece.line;
  }
}, { root: sheet, rootMargin: "300px" });

/** Shows the text in pieces, a line or empty lines; unchanged pieces stay. */
function layOut() {
  const cut = text.value.match(/\n{2,500}|[^\n]{0,500}\n|[^\n]{1,500}/gu) ?? [];
  const [before, behind] = common(cut, pieces.map((piece) => piece.line));
  const added = cut.slice(before, cut.length - behind).map((line, k) => {
    const element = make("span", { textContent: line }), seen = k < 9; // until `sight` knows
    return (element.piece = { line, element, seen, size: Array.from(line).length });
  });
  const old = pieces.slice(before, pieces.length - behind);
  old.forEach(({ element }) => (sight.unobserve(element), element.remove()));
  const next = pieces[before + old.length]?.element ?? null;
  added.forEach(({ element }) => (paper.insertBefore(element, next), sight.observe(element)));
  added.forEach(colourLater);
  pieces = replace(pieces, before, old.length, added);
  let start = 0, begins = true;
  for (const piece of pieces) { // whole lines are blocks: the browser lays each out alone
    [piece.start, start] = [start, start + piece.size];
    const ends = piece.line.endsWith("\n");
    piece.element.classList.toggle("line", begins && ends);
    begins = ends;
  }
}

function colourLater(piece) {
  if (!late.size) requestAnimationFrame(colour);
  late.add(piece);
}

const colourPlaces = (first, last = first) =>
  pieces.filter((p) => p.start <= last && p.start + p.size > first).forEach(colourLater);

/** Only pieces in sight have an element for each character. */
function colour() {
  const byCell = option("colour").value === "cell";
  for (const piece of [...late].filter(({ seen }) => seen)) {
    const letters = Array.from(piece.line, (character, k) => {
      const at = piece.start + k, classes = known.has(character) ? [] : ["unknown"];
      if (at === focus.at) classes.push("focus");
      if (focus.sources?.some(([from]) => from === at)) classes.push("source");
      const shade = byCell ? (values[at] || 0) / 127 : (surprisals[at] || 0) / 8; // 8 bits: full
      const strength = (60 * Math.min(1, Math.abs(shade))).toFixed(); // letters stay legible
      const style = `background:rgb(var(--${shade < 0 ? "cold" : "warm"})/${strength}%)`;
      return make("span", { textContent: character, className: classes.join(" "), style });
    });
    piece.element.replaceChildren(...letters);
  }
  late.clear();
}

/** After a change: what is the same at both ends keeps its colours until it is read again. */
function changed() {
  const old = characters;
  characters = Array.from(text.value);
  const [before, behind] = common(old, characters);
  const added = Array(characters.length - before - behind).fill(0);
  surprisals = replace(surprisals, before, old.length - before - behind, added);
  values = replace(values, before, old.length - before - behind, added);
  shown = Math.min(shown, before);
  if (!began) page.status.textContent = "";
  page.units.textContent = ""; // they were found in the old text
  layOut();
  send();
}

/** Gives the worker the text, and with a seed the order to continue it. */
function send(seed) {
  ask("text", { value: text.value, number: ++version, shown, seed });
  save();
}

const worker = new Worker(URL.createObjectURL(new Blob([page.worker.textContent])));
const ask = (what, value) => worker.postMessage([what, value]);

worker.onmessage = ({ data }) => {
  if (data.version !== version) return; // on an older text; it starts again from `shown`
  const written = data.characters.slice(Math.max(0, characters.length - data.start));
  if (written.length) {
    const atEnd = sheet.scrollTop + sheet.clientHeight > sheet.scrollHeight - 40;
    const { selectionStart: from, selectionEnd: to, value: { length } } = text;
    text.setRangeText(written.join(""), length, length, "preserve");
    if (from < to && to === length) text.setSelectionRange(from, text.value.length);
    characters.push(...written);
    layOut();
    if (atEnd) sheet.scrollTop = sheet.scrollHeight;
  }
  shown = data.start + data.characters.length;
  data.surprisals.forEach((bits, k) => (surprisals[data.start + k] = bits));
  data.values.forEach((value, k) => (values[data.start + k] = value));
  colourPlaces(data.start, shown);
  if (data.look) showFocus(data.look);
  if (data.compare) page.units.replaceChildren(...data.compare.map(cellButton));
  showNext(data.next);
  if (began) began.written += written.length;
  showProgress(data);
};
worker.onerror = () => (page.status.textContent = "The network stopped: reload this page.");

function showProgress({ reading, writing, next }) {
  const rate = Math.round((1000 * began?.written) / (performance.now() - began?.time));
  page.progress.textContent = began ? `${began.written} characters, ${rate} a second` : "";
  if (reading) page.progress.textContent = `${reading.toLocaleString("en")} characters to read`;
  if (!began || writing) return;
  const nothing = "Type some letters first: the network continues them."; // it read none
  page.status.textContent = next || reading ? `${began.written} characters written.` : nothing;
  began = null;
  if (acted === "writing") lookAt(characters.length - 1);
}

const choices = Array.from({ length: 10 }, () => make("button", { type: "button" }));
choices.forEach((choice) => (choice.onclick = () => {
  text.setRangeText(choice.character, text.value.length, text.value.length, "end");
  changed();
  sheet.scrollTop = sheet.scrollHeight;
  lookAt(characters.length - 1);
}));
page.next.append(...choices);

function showNext(next) {
  choices.forEach((choice, k) => {
    const [character, p] = next?.[k] ?? ["", 0];
    Object.assign(choice, { character: p ? character : "", ariaDisabled: !p });
    choice.ariaLabel = p ? `${named(character)}, ${percent(p)}` : "no more";
    choice.replaceChildren(bar(p ? sign(character) : "", p, p ? percent(p) : ""));
  });
}
showNext();

function lookAt(at, passing = false) {
  place = Math.max(0, Math.min(at, characters.length - 1));
  if (!passing) pinned = place;
  if (characters.length) ask("look", place);
  else showFocus({});
  save();
}

/** How the network predicted a character; what the chosen cell did when it read it. */
function showFocus(found) {
  const marked = [focus, found].flatMap(({ at, sources = [] }) => [at, ...sources.map(([k]) => k)]);
  focus = found;
  marked.forEach((at) => colourPlaces(at));
  const lines = [], say = (sentence) => lines.push(make("p", {}, sentence));
  const { at, p, likeliest, copied, sources } = found, character = characters[at];
  if (at === undefined) say("There is no text.");
  else if (!found.gates) say(`The network never saw ${named(character)}, so it skips it.`);
  else if (p === undefined) say(`${named(character)} comes first: nothing predicts it.`);
  else {
    const bits = (-Math.log2(p)).toFixed(1);
    say(`${named(character)} had a probability of ${percent(p)} (${bits} bits of surprise).`);
    lines.push(...likeliest.map(([c, q]) => bar(sign(c), q, percent(q), c === character)));
    say(`${percent(copied)} of this probability came from copying${sources.length ? ", mostly:" : "."}`);
    for (const [from, share] of sources) {
      const part = (start, end) => characters.slice(Math.max(0, start), end).map(sign).join("");
      const mark = make("mark", {}, sign(character));
      const words = make("samp", {}, part(from - 12, from), mark, part(from + 1, from + 8));
      lines.push(make("p", {}, words, ` ${at - from} characters earlier: ${percent(share)}`));
    }
  }
  page.focus.replaceChildren(...lines);
  if (acted.startsWith("Arrow")) page.spoken.textContent = lines[0].textContent;
  if (found.gates) showGates(found);
  else page.gates.replaceChildren();
}

function showGates({ gates, c: [before, after], h }) {
  const [i, f, g, o] = gates.map((gate) => gate.toFixed(2));
  const rows = GATES.map((name, k) => bar(name, gates[k], gates[k].toFixed(2), `gate ${name[0]}`));
  const sum = `${f} · ${before.toFixed(2)} + ${i} · ${g} = ${after.toFixed(2)}`;
  const lines = [`new c = f · c + i · g = ${sum}`, `h = o · tanh(c) = ${h.toFixed(2)}`];
  page.gates.replaceChildren(...rows, ...lines.map((line) => make("p", {}, line)));
}

const cellButton = ([k, area]) => make("button",
  { type: "button", onclick: () => chooseUnit(k) }, `${cellName(k)}: ${area.toFixed(2)}`);

function chooseUnit(unit) {
  if (page.unit.value !== `${unit}`) page.unit.value = unit;
  option("colour").value = "cell";
  refresh();
}

/** Puts text and settings into the address, so that a view can be shared. */
function save() {
  clearTimeout(saving);
  saving = setTimeout(() => {
    const state = SAVED.map((name) => [name, option(name).value]);
    if (text.value.length <= 10_000) state.push(["text", text.value], ["at", pinned]);
    history.replaceState(null, "", `#${new URLSearchParams(state)}`);
  }, 300);
}

function restore() {
  const { start } = config, state = new URLSearchParams(location.hash.slice(1));
  ask("stop");
  began = null;
  for (const name of SAVED) option(name).value = start[name];
  for (const name of SAVED.filter((each) => state.has(each))) {
    option(name).value = state.get(name);
    if (!settings.checkValidity() || !page.unit.checkValidity()) option(name).value = start[name];
  }
  text.value = (state.get("text") ?? start.text).slice(0, text.maxLength);
  changed();
  lookAt(parseInt(state.get("at") ?? start.at, 10) || 0);
  refresh();
}

/** Tells the worker the settings; another cell means another answer about the whole text. */
function refresh() {
  const numbers = ["temperature", "min_p", "top_p"].map((name) => [name, +option(name).value]);
  if (settings.checkValidity()) ask("options", Object.fromEntries(numbers));
  if (page.unit.checkValidity() && unit !== page.unit.value) {
    ask("unit", Number((unit = page.unit.value)));
    page.found.value = config.cells.some((cell) => String(cell.unit) === unit) ? unit : "";
  }
  lookAt(place, true);
  colourPlaces(0, Infinity);
}

document.addEventListener("input", ({ target }) => {
  acted = "typing";
  if (target === text) (changed(), follow());
  else if (target.form === settings) refresh();
  else if (target.value) chooseUnit(target.value); // one that the course found
});

document.addEventListener("selectionchange", follow);
function follow() {
  if (document.activeElement !== text) return;
  const count = (end) => Array.from(text.value.slice(0, end)).length;
  const [start, end] = [count(text.selectionStart), count(text.selectionEnd)];
  if (selected === (selected = `${version} ${start} ${end}`)) return; // only the text has grown
  if (start < end) ask("compare", [start, end]);
  else if (acted !== "pointing") lookAt(start); // a click has chosen already
}
text.addEventListener("compositionstart", () => (ask("stop"), send())); // the text must rest
text.addEventListener("keydown", ({ key }) => (acted = key));
document.addEventListener("keydown", ({ key }) => key === "Escape" && ask("stop"));
for (const what of ["pointermove", "click"]) text.addEventListener(what, point);
text.addEventListener("pointerleave", () => lookAt(pinned));
page.unit.onchange = () => page.unit.checkValidity() || (page.unit.value = unit);

function point({ clientX, clientY, type }) {
  const under = document.elementsFromPoint(clientX, clientY);
  const letter = under.find((each) => each.parentElement?.piece);
  acted = letter ? "pointing" : "";
  if (!letter) return;
  const { piece, children } = letter.parentElement;
  lookAt(piece.start + [...children].indexOf(letter), type !== "click");
}

settings.addEventListener("submit", (event) => {
  event.preventDefault();
  began = { time: performance.now(), written: 0 };
  page.status.textContent = "Writing.";
  acted = "writing";
  sheet.scrollIntoView({ block: "nearest" });
  sheet.scrollTop = sheet.scrollHeight;
  send(Number(option("seed").value));
});
page.stop.addEventListener("click", () => ask("stop"));
addEventListener("hashchange", restore);

for (const { unit, what, score } of config.cells) {
  page.found.append(new Option(`${what}: ${score.toFixed(2)}, ${cellName(unit)}`, unit));
}
page.unit.max = size * config.num_layers - 1;
const bytes = Uint8Array.from(atob(page.weights.textContent), (byte) => byte.charCodeAt(0));
ask("network", { config, bytes });
restore();
