// A name's scene as a picture that can be sent: its letters with their colours, the arc to a letter
// that was copied, and what the name cost each time.

import { byId, isolated, make, onPress } from "./elements.js";
import { shadeOf } from "./looks.js";
import { costsOfName } from "./name.js";
import { answerInWords, copiedLetter, placesOf } from "./scene.js";
import { own, state } from "./state.js";
import { draws } from "./update.js";

const WIDTH = 1_200; // pixels, as large as a picture of a link is
const EDGE = 48;
const LINE = 34; // pixels from a line to the next
const LETTER = 21; // the size of the letters of the text
const AT_MOST = 14; // lines of the text
const COLUMN = 760; // where the numbers begin
const INK = "#1c1c1c";
const QUIET = "#595959";
const GREEN = "#009e73";
const SERIF = "Charter, Cambria, Georgia, serif";
const MONO = '"DejaVu Sans Mono", Menlo, Consolas, monospace';

/** The lines of the scene, up to the name that came back: [{character, position}]. */
function linesOfScene({ again, length }) {
  const lines = [[]];
  state.characters.slice(0, again + length + 1).forEach((character, position) => {
    if (character === "\n") lines.push([]);
    else lines.at(-1).push({ character, position });
  });
  return lines.slice(-AT_MOST);
}

/** Draws the scene on a canvas, which becomes as high as it needs. */
function drawScene(canvas, places) {
  const lines = linesOfScene(places);
  const top = EDGE + 130;
  canvas.width = WIDTH;
  canvas.height = top + LINE * Math.max(lines.length, 9) + EDGE;
  const context = canvas.getContext("2d");
  const write = (words, x, y, font, colour = INK) => {
    context.font = font;
    context.fillStyle = colour;
    context.fillText(words, x, y);
  };
  context.fillStyle = "#fffefb";
  context.fillRect(0, 0, canvas.width, canvas.height);
  write("Does it know your name?", EDGE, EDGE + 34, `bold 42px ${SERIF}`);
  write(answerInWords(places), EDGE, EDGE + 80, `23px ${SERIF}`);
  const spots = drawLetters(context, lines, top);
  drawArc(context, spots, places);
  drawCosts(context, write, top);
  write(byId("about").textContent, EDGE, canvas.height - 24, `17px ${SERIF}`, QUIET);
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
      context.fillStyle = `rgb(230 120 0 / ${Math.round(60 * Math.max(0, shadeOf(position, "surprise")))}%)`;
      context.fillRect(spot.x, spot.y, width, LETTER + 4);
      context.fillStyle = INK;
      context.fillText(character, spot.x, spot.y + LETTER - 1);
    });
  });
  return spots;
}

/** From the letter of the name's first time to the same letter where it came back. */
function drawArc(context, spots, places) {
  const at = copiedLetter(places);
  const from = spots.get(places.first + at - places.again);
  const to = spots.get(at);
  if (!from || !to || !(state.copied[at] > 0.5)) return;
  const end = to.x + to.width / 2;
  context.strokeStyle = GREEN;
  context.fillStyle = GREEN;
  context.lineWidth = 3;
  context.beginPath();
  context.moveTo(from.x + from.width / 2, from.y);
  context.lineTo(from.x + from.width / 2, from.y - 5);
  context.lineTo(EDGE, from.y - 5);
  context.lineTo(EDGE, to.y - 5);
  context.lineTo(end, to.y - 5);
  context.stroke();
  context.beginPath();
  context.moveTo(end - 6, to.y - 5);
  context.lineTo(end + 6, to.y - 5);
  context.lineTo(end, to.y + 3);
  context.fill();
}

function drawCosts(context, write, top) {
  write("Bits of surprise", COLUMN, top + 16, `bold 20px ${SERIF}`);
  write("without copying", COLUMN + 240, top + 16, `17px ${SERIF}`, QUIET);
  costsOfName().forEach(({ letters, bits = 0, without }, row) => {
    const y = top + 56 + row * 40;
    write(isolated(letters.slice(0, 10)), COLUMN, y, `20px ${MONO}`);
    context.fillStyle = "#e67800";
    context.fillRect(COLUMN + 140, y - 14, Math.min(90, 3 * bits), 14);
    write(bits.toFixed(), COLUMN + 240 - 40 + 10, y, `bold 20px ${SERIF}`);
    if (without !== undefined) write(without.toFixed(), COLUMN + 300, y, `20px ${SERIF}`, QUIET);
  });
}

onPress(byId("picture"), () => {
  const canvas = make("canvas", {});
  drawScene(canvas, placesOf(state.name, state.text));
  canvas.toBlob((blob) => {
    const href = URL.createObjectURL(blob);
    make("a", { href, download: `${state.name}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000); // the browser has saved it by then
  });
});

draws("text name network activity", ({ text, name, network, activity }) => {
  byId("picture").hidden = network !== own || activity === "reading" || placesOf(name, text) === null;
});
