// The page: shows what the worker reads and writes, and asks it about what you look at.
"use strict";

const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((e) => [e.id, e]));
const { text, sheet, paper, settings } = page;
const config = JSON.parse(page.config.textContent);
const known = new Set(config.chars);
const SAVED = ["temperature", "min_p", "top_p", "seed", "colour", "unit"]; // in the address
const GATES = ["input gate", "forget gate", "candidate", "output gate"];

let version = 0, shown = 0; // the text's number; how much of it the worker has answered
let characters = [], surprisals = [], values = []; // of the text: bits, and 127 tanh(c)
let pieces = [], late = new Set(); // the text as it is laid out; pieces to colour again
let place = 0, focus = {}, spoken = false; // what you look at; whether to say it
let began = null, saving; // when it began to write; a timer

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

const replace = (list, start, count, added) =>
  [...list.slice(0, start), ...added, ...list.slice(start + count)];
const sign = (character) => ({ " ": "␣", "\n": "↵" })[character] ?? character;
const named = (character) => ({ " ": "space", "\n": "line break" })[character] ?? character;
const percent = (p) => `${(100 * p).toFixed(p >= 0.1 ? 0 : p >= 0.01 ? 1 : 2)} %`;
const option = (name) => settings.elements[name];
const size = config.hidden_size;
const cellName = (unit) => `layer ${Math.floor(unit / size) + 1}, cell ${unit % size}`;

/** A name, a bar and a number. */
function bar(name, share, number, kind = "") {
  const length = make("i", { style: `width:${(100 * share).toFixed(1)}%` });
  const label = make("samp", { textContent: name });
  return make("div", { className: `bar ${kind}` }, label, length, make("span", {}, number));
}

const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    target.piece.seen = isIntersecting;
    if (isIntersecting) colourLater(target.piece);
  }
}, { root: sheet, rootMargin: "300px" });

/** Shows the text in pieces of a line at most; those that are the same stay. */
function layOut() {
  const cut = text.value.match(/[^\n]{0,500}\n|[^\n]{1,500}/gu) ?? [];
  const [before, behind] = common(cut, pieces.map((piece) => piece.line));
  const added = cut.slice(before, cut.length - behind).map((line) => {
    const element = make("span", { textContent: line });
    return (element.piece = { line, element, size: Array.from(line).length });
  });
  const old = pieces.slice(before, pieces.length - behind);
  old.forEach(({ element }) => (sight.unobserve(element), element.remove()));
  const next = pieces[before + old.length]?.element ?? null;
  added.forEach(({ element }) => (paper.insertBefore(element, next), sight.observe(element)));
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
    text.setRangeText(written.join(""), text.value.length, text.value.length, "preserve");
    characters.push(...written);
    layOut();
    if (atEnd) sheet.scrollTop = sheet.scrollHeight;
  }
  shown = data.start + data.characters.length;
  data.surprisals.forEach((bits, k) => (surprisals[data.start + k] = bits));
  data.values.forEach((value, k) => (values[data.start + k] = value));
  if (data.cells) values = [...data.cells];
  colourPlaces(data.cells ? 0 : data.start, shown);
  if (data.look) showFocus(data.look);
  if (data.compare) showCompared(data.compare);
  showNext(data.next);
  showProgress(data);
};

function showProgress({ reading, writing }) {
  const written = characters.length - began?.length;
  if (reading) page.progress.textContent = `${reading.toLocaleString("en")} characters to read`;
  else if (began) {
    const rate = Math.round((1000 * written) / (performance.now() - began.time));
    page.progress.textContent = `${written} characters, ${rate} a second`;
  } else page.progress.textContent = "";
  [page.generate.disabled, page.stop.disabled] = [writing, !writing];
  if (!began || writing) return;
  page.status.textContent = written
    ? `${written} characters written.`
    : "Type some letters first: the network continues them.";
  began = null;
  save();
  lookAt(characters.length - 1);
}

const choices = Array.from({ length: 10 }, () => make("button", { type: "button" }));
choices.forEach((choice) => (choice.onclick = () => {
  text.setRangeText(choice.character, text.value.length, text.value.length, "end");
  changed();
  lookAt(characters.length - 1);
}));
page.next.append(...choices);

function showNext(next) {
  const order = next ? [...next.keys()].sort((a, b) => next[b] - next[a]) : [];
  choices.forEach((choice, k) => {
    const p = next?.[order[k]] ?? 0, character = p ? config.chars[order[k]] : "";
    choice.character = character;
    choice.disabled = !p;
    choice.ariaLabel = p ? `${named(character)}, ${percent(p)}` : "no more";
    choice.replaceChildren(bar(sign(character), p, p ? percent(p) : ""));
  });
}

function lookAt(at) {
  place = Math.max(0, Math.min(at, characters.length - 1));
  if (characters.length) ask("look", place);
}

/** How the network predicted a character; what the chosen cell did when it read it. */
function showFocus(found) {
  const marked = [focus, found].flatMap(({ at, sources = [] }) => [at, ...sources.map(([k]) => k)]);
  focus = found;
  marked.forEach((at) => colourPlaces(at));
  const lines = [], say = (sentence) => lines.push(make("p", {}, sentence));
  const { at, p, likeliest, copied, sources } = found, character = characters[at];
  if (!found.gates) say(`${sign(character)} is not one of the network's characters: it skips it.`);
  else if (!p) say(`${sign(character)} comes first: nothing predicts it.`);
  else {
    const bits = (-Math.log2(p)).toFixed(1);
    say(`${sign(character)} had a probability of ${percent(p)}: ${bits} bits of surprise.`);
    for (const [each, q] of likeliest) {
      lines.push(bar(sign(each), q, percent(q), each === character ? "true" : ""));
    }
    if (!sources.length) say("It was written, not copied.");
    else say(`${percent(copied)} of this was copied, most of it from here:`);
    for (const [from, share] of sources) {
      const part = (start, end) => characters.slice(Math.max(0, start), end).map(sign).join("");
      const mark = make("mark", {}, sign(character));
      const words = make("samp", {}, part(from - 12, from), mark, part(from + 1, from + 8));
      lines.push(make("p", {}, words, ` ${at - from} back: ${percent(share)}`));
    }
  }
  page.focus.replaceChildren(...lines);
  if (spoken) page.spoken.textContent = lines[0].textContent;
  if (found.gates) showGates(found);
}

function showGates({ gates, c: [before, after], h }) {
  const [i, f, g, o] = gates.map((gate) => gate.toFixed(2));
  const rows = [i, f, g, o].map((value, k) =>
    bar(`${"ifgo"[k]}  ${GATES[k]}`, Math.abs(gates[k]), value, `gate ${"ifgo"[k]}`));
  const sum = `${f} · ${before.toFixed(2)} + ${i} · ${g} = ${after.toFixed(2)}`;
  const lines = [`new c = f · c + i · g = ${sum}`, `h = o · tanh(c) = ${h.toFixed(2)}`];
  page.gates.replaceChildren(...rows, ...lines.map((line) => make("p", {}, line)));
}

function showCompared(found) {
  page.units.replaceChildren(...found.map(([unit, area]) => {
    const act = { type: "button", onclick: () => chooseUnit(unit) };
    return make("button", act, `${cellName(unit)}: ${area.toFixed(2)}`);
  }));
}

function chooseUnit(unit) {
  option("unit").value = unit;
  option("colour").value = "cell";
  refresh();
}

/** Puts text and settings into the address, so that a view can be shared. */
function save() {
  clearTimeout(saving);
  saving = setTimeout(() => {
    const state = SAVED.map((name) => [name, option(name).value]);
    if (text.value.length <= 4000) state.push(["text", text.value], ["at", place]);
    history.replaceState(null, "", `#${new URLSearchParams(state)}`);
  }, 300);
}

function restore() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const name of SAVED) option(name).value = config.start[name];
  for (const name of SAVED.filter((each) => state.has(each))) {
    option(name).value = state.get(name);
    if (!settings.checkValidity()) option(name).value = config.start[name];
  }
  text.value = state.get("text") ?? config.start.text;
  changed();
  lookAt(Number(state.get("at") ?? config.start.at) || 0);
  refresh();
}

/** Tells the worker the settings. */
function refresh() {
  if (!settings.checkValidity()) return;
  const numbers = ["temperature", "min_p", "top_p"].map((name) => [name, +option(name).value]);
  ask("options", Object.fromEntries(numbers));
  ask("unit", Number(option("unit").value));
  page.found.value = option("unit").value;
  if (page.found.selectedIndex < 0) page.found.value = "";
  lookAt(place);
  colourPlaces(0, Infinity);
  save();
}

document.addEventListener("input", ({ target }) => {
  spoken = false;
  if (target === text) changed();
  else if (target.form === settings) refresh();
  else if (target.value) chooseUnit(Number(target.value)); // one that the course found
});

document.addEventListener("selectionchange", () => {
  if (document.activeElement !== text) return;
  const count = (end) => Array.from(text.value.slice(0, end)).length;
  const [start, end] = [count(text.selectionStart), count(text.selectionEnd)];
  if (start < end) ask("compare", [start, end]);
  else lookAt(start);
  save();
});
text.addEventListener("keydown", ({ key }) => (spoken = key.startsWith("Arrow")));

text.addEventListener("pointermove", ({ clientX, clientY }) => {
  const under = document.elementsFromPoint(clientX, clientY);
  const letter = under.find((each) => each.parentElement?.piece);
  if (!letter) return;
  const { piece, children } = letter.parentElement;
  spoken = false;
  lookAt(piece.start + [...children].indexOf(letter));
});

settings.addEventListener("submit", (event) => {
  event.preventDefault();
  began = { time: performance.now(), length: characters.length };
  page.status.textContent = "Writing.";
  sheet.scrollTop = sheet.scrollHeight;
  send(Number(option("seed").value));
});
page.stop.addEventListener("click", () => ask("stop"));
addEventListener("hashchange", restore);

page.found.append(make("option", { value: "" }, "none of these"));
for (const { unit, what, score } of config.cells) {
  const words = `${what} (${cellName(unit)}, ${score.toFixed(2)})`;
  page.found.append(make("option", { value: unit }, words));
}
option("unit").max = size * config.num_layers - 1;
const bytes = Uint8Array.from(atob(page.weights.textContent), (byte) => byte.charCodeAt(0));
ask("network", { config, bytes });
restore();
