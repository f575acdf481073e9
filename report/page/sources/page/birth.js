// How copying was born: a passage as a network read it at some moments of its training, with what
// names that come back cost by then, as they are and after reversed copies.
//
// report/beside.py has recorded it.

import { sum } from "../network/vectors.js";
import { grouped, inBits } from "../shared/numbers.js";
import { Arcs } from "./arcs.js";
import { byId, make, makeSvg, nameOf, onPress, say, still } from "./elements.js";
import { colourOfSurprise } from "./looks.js";
import { MOST, placesOf } from "./scene.js";
import { own } from "./state.js";

const LIKELY_BITS = 2; // a letter that costs less, and was mostly copied, is underlined
const STEP = 600; // milliseconds of a moment, when it plays
const BEGINS = 1; // bits that reversed copies cost more: then it begins to copy
const SURELY = 10; // and then it copies, as in notebook 07
const TALL = 150; // pixels of a chart
const WIDE = 420;
const EDGES = { left: 30, right: 8, top: 22, bottom: 22 };
const EARLIEST = 30_000; // characters: the left end, because the axis is logarithmic

/** The recorded training on the page: a moment of it, and the letter of its passage that you look at. */
class Recording {
  constructor({ text, moments }) {
    this.text = text;
    this.moments = moments;
    this.moment = 0; // its number
    this.letter = own.config.initial.at;
    this.playing = null; // a timer
    this.paper = byId("birth-paper");
    this.slider = byId("moment");
    this.slider.max = moments.length - 1;
    this.letters = Array.from(text, (textContent) => make("span", { textContent }));
    this.paper.append(...this.letters);
    this.arcs = new Arcs(byId("birth-arcs"), (position) => boxIn(this.paper, this.letters[position]));
    drawCharts(moments);
    new ResizeObserver(() => this.draw()).observe(this.paper); // at first, and when a new width moves the letters
  }

  show(moment) {
    this.moment = moment;
    this.draw();
  }

  lookAt(letter) {
    this.letter = letter;
    this.draw();
  }

  /** The letters with their colours, the arc to the one you look at, and what it says. */
  draw() {
    const now = this.moments[this.moment];
    const read = `${grouped(now.characters)} characters`;
    this.slider.value = this.moment;
    this.slider.ariaValueText = read;
    byId("moment-read").textContent = read;
    const sources = new Map(now.arcs.map(([at, from, percent]) => [at, { at: from, share: percent / 100 }]));
    const isCopied = (k) => now.bits[k] < LIKELY_BITS && sources.get(k)?.share > MOST;
    this.letters.forEach((letter, k) => {
      letter.style.background = colourOfSurprise(now.bits[k]);
      letter.className = isCopied(k) ? "copied" : "";
    });
    say(byId("birth-words"), momentInWords(now, placesOf(own.config.initial.name, this.text), isCopied));
    this.letters[this.letter].classList.add("focus");
    const source = isCopied(this.letter) ? sources.get(this.letter) : null; // an arc from anywhere proves nothing
    if (source) this.letters[source.at].classList.add("source");
    this.arcs.draw({ at: this.letter, sources: source ? [source] : [] });
    placeMarks(now);
  }

  play() {
    const last = this.moments.length - 1;
    if (this.moment === last) this.show(0);
    this.playing = setInterval(() => {
      this.show(Math.min(last, this.moment + 1));
      if (this.moment === last) this.pause();
    }, still.matches ? 3 * STEP : STEP);
    byId("play-moments").textContent = "Pause";
  }

  pause() {
    clearInterval(this.playing);
    this.playing = null;
    byId("play-moments").textContent = "Play";
  }
}

/** What you do with it. */
function listen(recording) {
  const { paper, slider, letters, text, moments } = recording;
  onPress(byId("play-moments"), () => (recording.playing ? recording.pause() : recording.play()));
  slider.addEventListener("input", () => {
    recording.pause();
    recording.show(slider.valueAsNumber);
  });
  const point = ({ target }) => {
    const letter = letters.indexOf(target);
    if (letter >= 0) recording.lookAt(letter);
  };
  paper.addEventListener("pointermove", point);
  paper.addEventListener("click", point);
  paper.addEventListener("pointerleave", () => recording.lookAt(own.config.initial.at));
  paper.addEventListener("keydown", (event) => {
    const letter = positionByKey(event.key, text, recording.letter);
    if (letter === undefined) return;
    event.preventDefault(); // the page doesn't scroll
    recording.lookAt(letter);
    say(byId("spoken"), `${nameOf(text[letter])}: ${inBits(moments[recording.moment].bits[letter], 1)}`);
  });
}

/** Where a key leads from a position, as in a field of text; undefined for a key that leads nowhere. */
function positionByKey(key, text, at) {
  const starts = Array.from(text.matchAll(/^/gm), ({ index }) => index); // of the lines
  const line = starts.findLastIndex((start) => start <= at);
  const ends = [...starts.slice(1), text.length].map((start) => start - 1);
  const inLine = (number) => (number in starts ? Math.min(starts[number] + at - starts[line], ends[number]) : at);
  const places = {
    ArrowLeft: Math.max(0, at - 1),
    ArrowRight: Math.min(text.length - 1, at + 1),
    ArrowUp: inLine(line - 1),
    ArrowDown: inLine(line + 1),
    Home: starts[line],
    End: ends[line],
  };
  return places[key];
}

function boxIn(paper, letter) {
  if (!letter) return undefined;
  const { left, top } = paper.getBoundingClientRect();
  const box = letter.getBoundingClientRect();
  return { left: box.left - left, right: box.right - left, top: box.top - top, bottom: box.bottom - top };
}

/** What a moment shows: of ten names, and of the one in the passage, of which it may copy a part. */
function momentInWords({ bits, names, reversed }, { first, again, length }, isCopied) {
  const bitsFrom = (start) => sum(bits.slice(start, start + length));
  const isPart = bits.slice(again, again + length).some((_, k) => isCopied(again + k));
  const cost = `${inBits(names)} in the median, and ${reversed.toFixed()} after reversed copies`;
  const { name } = own.config.initial;
  const inPassage = `${name}, below, cost ${inBits(bitsFrom(first))} at first and ${bitsFrom(again).toFixed()} when it came back.`;
  const gain = reversed - names;
  const isDearAgain = bitsFrom(again) > bitsFrom(first) / 2;
  let verdict = "It doesn't copy";
  if (gain >= BEGINS) verdict = "It begins to copy";
  if (gain >= SURELY) verdict = "It copies";
  if (gain >= BEGINS && isDearAgain) verdict += isPart ? `, but of ${name} only a part` : `, but not ${name}`;
  return `${verdict}. Ten names that come back cost ${cost}. ${inPassage}`;
}

// The charts

const across = (characters, most) => {
  const share = Math.log(Math.max(characters, EARLIEST) / EARLIEST) / Math.log(most / EARLIEST);
  return EDGES.left + share * (WIDE - EDGES.left - EDGES.right);
};

const marks = []; // the lines that say which moment is shown: {line, most}

function drawCharts(moments) {
  drawChart(byId("chart-of-loss"), moments, [{ kind: "loss", key: "loss" }], 6);
  const ofNames = [{ kind: "reversed", key: "reversed" }, { kind: "same", key: "names" }];
  drawChart(byId("chart-of-names"), moments, ofNames, 50);
}

/** Some numbers of all moments as lines, over the characters that were read. */
function drawChart(svg, moments, series, highest) {
  const most = moments.at(-1).characters;
  const down = (y) => EDGES.top + (TALL - EDGES.top - EDGES.bottom) * (1 - Math.min(y, highest) / highest);
  const parts = [0, highest / 2, highest].flatMap((y) => [
    makeSvg("line", { class: "grid", x1: EDGES.left, x2: WIDE - EDGES.right, y1: down(y), y2: down(y) }),
    makeSvg("text", { x: EDGES.left - 6, y: down(y) + 4, "text-anchor": "end" }, y),
  ]);
  parts.push(makeSvg("text", { x: EDGES.left, y: TALL - 5, "text-anchor": "middle" }, "0"));
  for (const [characters, words] of [[100_000, "100,000"], [1_000_000, "1 million"], [10_000_000, "10 million read"]]) {
    if (characters > 1.1 * most) continue;
    const anchor = characters >= 10_000_000 ? "end" : "middle";
    const place = { x: across(Math.min(characters, most), most), y: TALL - 5, "text-anchor": anchor };
    parts.push(makeSvg("text", place, words));
  }
  for (const { kind, key } of series) {
    const points = moments.map((each) => `${across(each.characters, most).toFixed(1)},${down(each[key]).toFixed(1)}`);
    parts.push(makeSvg("polyline", { class: kind, points: points.join(" ") }));
  }
  const line = makeSvg("line", { class: "now", y1: EDGES.top, y2: TALL - EDGES.bottom });
  marks.push({ line, most });
  svg.setAttribute("viewBox", `0 0 ${WIDE} ${TALL}`);
  svg.replaceChildren(...parts, line);
}

function placeMarks({ characters }) {
  for (const { line, most } of marks) {
    line.setAttribute("x1", across(characters, most));
    line.setAttribute("x2", across(characters, most));
  }
}

const recorded = byId("recording");
if (recorded) listen(new Recording(JSON.parse(recorded.textContent)));
