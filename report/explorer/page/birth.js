// How copying was born: a passage as a network read it at some moments of its training, with what
// names that come back cost by then, as they are and after reversed copies.
//
// report/evidence/birth.py has recorded it.

import { sum } from "../network/vectors.js";
import { grouped, inBits } from "../shared/numbers.js";
import { Arcs } from "./arcs.js";
import { byId, make, makeSvg, nameOf, onPress, say, still } from "./elements.js";
import { colourOfSurprise } from "./looks.js";
import { MOST, placesOf } from "./scene.js";
import { own, state } from "./state.js";
import { draws, update } from "./update.js";

const LIKELY_BITS = 2; // a letter that costs less, and was mostly copied, is underlined
const STEP = 600; // milliseconds of a moment, when it plays
const BEGINS = 1; // bits that reversed copies cost more: then it begins to copy
const SURELY = 10; // and then it copies, as in notebook 07
const TALL = 150; // pixels of a chart
const WIDE = 420;
const EDGES = { left: 30, right: 8, top: 22, bottom: 22 };
const EARLIEST = 30_000; // characters: the left end, because the axis is logarithmic

function showBirth({ text, moments }) {
  const letters = Array.from(text, (textContent) => make("span", { textContent }));
  const paper = byId("birth-paper");
  paper.append(...letters);
  const arcs = new Arcs(byId("birth-arcs"), (position) => boxIn(paper, letters[position]));
  const slider = byId("moment");
  slider.max = moments.length - 1;
  drawCharts(moments);
  const { length, first, again } = placesOf(own.config.initial.name, text);

  const drawMoment = ({ moment, momentLetter }) => {
    const now = moments[moment];
    slider.value = moment;
    const read = `${grouped(now.characters)} characters`;
    slider.ariaValueText = read;
    byId("moment-read").textContent = read;
    const sources = new Map(now.arcs.map(([at, from, percent]) => [at, { at: from, share: percent / 100 }]));
    const isCopied = (k) => now.bits[k] < LIKELY_BITS && sources.get(k)?.share > MOST;
    letters.forEach((letter, k) => {
      letter.style.background = colourOfSurprise(now.bits[k]);
      letter.className = isCopied(k) ? "copied" : "";
    });
    const [bitsAtFirst, bitsAgain] = [first, again].map((start) => sum(now.bits.slice(start, start + length)));
    const isPart = now.bits.slice(again, again + length).some((_, k) => isCopied(again + k));
    say(byId("birth-words"), momentInWords({ ...now, bitsAtFirst, bitsAgain, isPart }));
    const looked = momentLetter ?? own.config.initial.at;
    letters[looked]?.classList.add("focus");
    const source = isCopied(looked) ? sources.get(looked) : null; // an arc from anywhere proves nothing
    if (source) letters[source.at].classList.add("source");
    arcs.draw({ at: looked, sources: source ? [source] : [] });
    placeMarks(now);
  };
  draws("moment momentLetter", drawMoment);
  new ResizeObserver(() => drawMoment(state)).observe(paper); // a new width moves the letters

  slider.addEventListener("input", () => {
    pauseMoments();
    update({ moment: slider.valueAsNumber });
  });
  paper.addEventListener("pointermove", ({ target }) => lookInPassage(letters.indexOf(target)));
  paper.addEventListener("click", ({ target }) => lookInPassage(letters.indexOf(target)));
  paper.addEventListener("pointerleave", () => update({ momentLetter: null }));
  paper.addEventListener("keydown", (event) => {
    const position = positionByKey(event.key, text, state.momentLetter ?? own.config.initial.at);
    if (position === undefined) return;
    event.preventDefault(); // the page doesn't scroll
    update({ momentLetter: position });
    say(byId("spoken"), `${nameOf(text[position])}: ${inBits(moments[state.moment].bits[position], 1)}`);
  });
  onPress(byId("play-moments"), () => (playing ? pauseMoments() : playMoments(moments.length - 1)));
}

const lookInPassage = (position) => position >= 0 && update({ momentLetter: position });

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
function momentInWords({ names, reversed, bitsAtFirst, bitsAgain, isPart }) {
  const cost = `${inBits(names)} in the median, and ${reversed.toFixed()} after reversed copies`;
  const { name } = own.config.initial;
  const inPassage = `${name}, below, cost ${inBits(bitsAtFirst)} at first and ${bitsAgain.toFixed()} when it came back.`;
  const gain = reversed - names;
  const ofThis = isPart ? `of ${name} only a part` : `not ${name}`;
  const but = bitsAgain > bitsAtFirst / 2 ? `, but ${ofThis}` : "";
  const copies = `${gain >= SURELY ? "It copies" : "It begins to copy"}${but}`;
  return `${gain >= BEGINS ? copies : "It doesn't copy"}. Ten names that come back cost ${cost}. ${inPassage}`;
}

// Playing

let playing = null; // a timer

function playMoments(last) {
  const next = () => {
    update({ moment: Math.min(last, state.moment + 1) });
    if (state.moment === last) pauseMoments();
  };
  if (state.moment === last) update({ moment: 0 });
  playing = setInterval(next, still.matches ? 3 * STEP : STEP);
  byId("play-moments").textContent = "Pause";
}

function pauseMoments() {
  clearInterval(playing);
  playing = null;
  byId("play-moments").textContent = "Play";
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
    parts.push(makeSvg("text", { x: across(Math.min(characters, most), most), y: TALL - 5, "text-anchor": characters >= 1e7 ? "end" : "middle" }, words));
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
if (recorded) showBirth(JSON.parse(recorded.textContent));
