// A name's scene as a picture that can be sent: its letters with their colours, the arc to a letter
// that was copied, and what the name cost each time.

import { byId, make, onPress, setEnabled } from "./elements.js";
import { shadeOf } from "./looks.js";
import { costsOfName, namesOfBars, whichOnes } from "./name.js";
import { answerInWords, copiedLetter, MOST, placesOf } from "./scene.js";
import { own, state } from "./state.js";
import { draws } from "./update.js";

// Pixels
const WIDTH = 1_200; // as pictures of links have
const EDGE = 48;
const LINE = 34; // from a line to the next
const LETTER = 21; // the size of the letters of the text
const WORDS = 24; // of what is said
const BARS = { left: 905, right: 1_085 };
const NUMBERS = [1_100, 1_150]; // with copying, and without

const WIDEST_LINE = 46; // letters
const LONGEST_LABEL = 11; // letters
const INK = "#1c1c1c";
const FAINT = "#595959";
const GREEN = "#009e73";
const ORANGE = "#e67800";
const SERIF = "Charter, Cambria, Georgia, serif";
const MONO = '"DejaVu Sans Mono", Menlo, Consolas, monospace';

onPress(byId("picture"), () => {
  const canvas = make("canvas", {});
  drawScene(canvas, placesOf(state.name, state.text));
  canvas.toBlob((blob) => {
    const href = URL.createObjectURL(blob);
    make("a", { href, download: `${state.name}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser has saved it by then
  });
});

draws("text name network reports occurrences", ({ text, name, network }) => {
  byId("picture").hidden = network !== own || placesOf(name, text) === null;
  setEnabled(byId("picture"), costsOfName().every(({ bits, without }) => (without ?? bits) !== undefined && bits !== undefined));
});

/** Draws the scene on a canvas, which becomes as high as it needs. */
function drawScene(canvas, places) {
  const context = canvas.getContext("2d");
  const said = wordsInLines(context, answerInWords(places));
  const lines = linesOfScene(places);
  const costs = costsOfName().filter(({ at }) => at <= places.again); // those that are to be seen
  const top = EDGE + 90 + said.length * 1.3 * WORDS;
  canvas.width = WIDTH;
  canvas.height = top + LINE * Math.max(lines.length, 8) + EDGE + 26;
  context.fillStyle = "#fffefb";
  context.fillRect(0, 0, canvas.width, canvas.height);
  drawWords(context, "Does it know your name?", EDGE, EDGE + 34, `bold 42px ${SERIF}`);
  said.forEach((words, k) => drawWords(context, words, EDGE, EDGE + 82 + k * 1.3 * WORDS, `${WORDS}px ${SERIF}`));
  drawArc(context, drawLetters(context, lines, top), places);
  drawCosts(context, costs, top);
  const home = document.querySelector("link[rel=canonical]")?.href ?? "";
  drawWords(context, byId("about").textContent, EDGE, canvas.height - 50, `17px ${SERIF}`, FAINT);
  drawWords(context, home, EDGE, canvas.height - 24, `17px ${SERIF}`, FAINT);
}

function drawWords(context, words, x, y, font, colour = INK) {
  context.font = font;
  context.fillStyle = colour;
  context.fillText(words, x, y);
}

/** What is said, in lines that are as wide as the picture. */
function wordsInLines(context, said) {
  context.font = `${WORDS}px ${SERIF}`;
  const lines = [""];
  for (const word of said.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (context.measureText(longer).width > WIDTH - 2 * EDGE) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** The lines of the scene, up to the name that came back, broken between words: [{character, position}]. */
function linesOfScene({ again, length }) {
  const lines = [[]];
  state.characters.slice(0, again + length + 1).forEach((character, position) => {
    if (character === "\n") lines.push([]);
    else lines.at(-1).push({ character, position });
    if (lines.at(-1).length > WIDEST_LINE) lines.push(lastWord(lines.at(-1)));
  });
  return lines;
}

/** Takes the last word from a line; a word as long as the line is cut. */
function lastWord(line) {
  const space = line.findLastIndex(({ character }) => character === " ");
  return line.splice(space < 0 ? WIDEST_LINE : space + 1);
}

/** The letters with their colours; returns where each position is: {x, y, width}. */
function drawLetters(context, lines, top) {
  context.font = `${LETTER}px ${MONO}`;
  const width = context.measureText("m").width;
  const spots = new Map();
  lines.forEach((line, number) => {
    line.forEach(({ character, position }, k) => {
      const spot = { x: EDGE + 30 + k * width, y: top + number * LINE, width };
      spots.set(position, spot);
      const strength = Math.round(60 * Math.min(1, Math.max(0, shadeOf(position, "surprise"))));
      context.fillStyle = `rgb(230 120 0 / ${strength}%)`;
      context.fillRect(spot.x, spot.y, width, LETTER + 4);
      context.fillStyle = INK;
      context.fillText(character, spot.x, spot.y + LETTER - 1);
    });
  });
  return spots;
}

/** From a letter of the name's first time to the same letter where it came back, if it was copied. */
function drawArc(context, spots, places) {
  const at = copiedLetter(places);
  const from = spots.get(places.first + at - places.again);
  const to = spots.get(at);
  if (!(state.copied[at] > MOST)) return;
  const begin = from.x + from.width / 2;
  const end = to.x + to.width / 2;
  const above = 5; // pixels: between the lines
  context.strokeStyle = GREEN;
  context.fillStyle = GREEN;
  context.lineWidth = 3;
  context.beginPath();
  context.moveTo(begin, from.y);
  for (const [x, y] of [[begin, from.y], [EDGE, from.y], [EDGE, to.y], [end, to.y]]) context.lineTo(x, y - above);
  context.stroke();
  context.beginPath();
  context.moveTo(end - 6, to.y - above);
  context.lineTo(end + 6, to.y - above);
  context.lineTo(end, to.y + 3);
  context.fill();
}

/** A row for each time that the name comes. */
function drawCosts(context, costs, top) {
  const left = BARS.left - 145;
  drawWords(context, `Bits of surprise${whichOnes(0)}`, left, top + 16, `bold 19px ${SERIF}`);
  drawWords(context, namesOfBars().join(", and "), left, top + 40, `17px ${SERIF}`, FAINT);
  const most = Math.max(...costs.flatMap(({ bits = 0, without = 0 }) => [bits, without]), 1);
  const scale = (BARS.right - BARS.left) / most;
  costs.forEach(({ letters, bits = 0, without = 0 }, row) => {
    const y = top + 76 + row * 40;
    const label = letters.length > LONGEST_LABEL ? `${letters.slice(0, LONGEST_LABEL - 1)}…` : letters;
    drawWords(context, label, left, y + 4, `19px ${MONO}`);
    context.fillStyle = ORANGE;
    context.fillRect(BARS.left, y - 13, scale * bits, 11);
    context.strokeStyle = FAINT;
    context.lineWidth = 1.5;
    context.strokeRect(BARS.left, y + 1, scale * without, 9);
    drawWords(context, bits.toFixed(), NUMBERS[0], y + 4, `bold 19px ${SERIF}`);
    drawWords(context, without.toFixed(), NUMBERS[1], y + 4, `19px ${SERIF}`, FAINT);
  });
}
