// The losses while a network learns, as curves over the characters that it has read.

import { inCharacters } from "../shared/numbers.js";
import { makeSvg } from "./elements.js";

const HEIGHT = 220; // pixels
const MARGIN = { left: 26, right: 10, top: 10, bottom: 26 };
const LEAST_CHARACTERS = 20_000; // at the right end, so that the first seconds don't jump

/** Points {x, y} of the moments that have such a loss. */
function pointsOf(moments, loss) {
  const known = moments.filter((moment) => Number.isFinite(moment?.[loss]));
  return known.map((moment) => ({ x: moment.characters, y: moment[loss] }));
}

/** Draws two curves and the line of the counting model in an svg: x are characters, y is bits. */
export function drawCurves(svg, { looks, progress, lossOfCounts }) {
  const training = pointsOf([...looks, progress], "loss");
  const heldOut = pointsOf(looks, "heldOut");
  const points = [...training, ...heldOut];
  const width = svg.parentElement.clientWidth;
  if (points.length === 0 || width === 0) return;
  const losses = [lossOfCounts, ...points.map((point) => point.y)];
  const most = Math.max(LEAST_CHARACTERS, ...points.map((point) => point.x));
  const bottom = Math.floor(Math.min(...losses)); // whole bits
  const top = Math.max(bottom + 1, Math.ceil(Math.max(...losses)));

  const left = MARGIN.left;
  const right = width - MARGIN.right;
  const height = HEIGHT - MARGIN.top - MARGIN.bottom;
  const across = (x) => left + ((right - left) * x) / most;
  const down = (y) => MARGIN.top + (height * (top - y)) / (top - bottom);
  const level = (kind, y) => makeSvg("line", { class: kind, x1: left, x2: right, y1: down(y), y2: down(y) });
  const lineThrough = (kind, through) => {
    const corners = through.map(({ x, y }) => `${across(x).toFixed(1)},${down(y).toFixed(1)}`);
    return makeSvg("polyline", { class: kind, points: corners.join(" ") });
  };

  const parts = [];
  for (let bits = bottom; bits <= top; bits++) {
    const place = { x: left - 6, y: down(bits) + 4, "text-anchor": "end" };
    parts.push(level("grid", bits), makeSvg("text", place, bits));
  }
  const end = { x: right, y: HEIGHT - 8, "text-anchor": "end" };
  parts.push(makeSvg("text", end, `${inCharacters(most)} read`));
  parts.push(level("counts", lossOfCounts), lineThrough("training", training), lineThrough("heldOut", heldOut));
  for (const { x, y } of heldOut) {
    parts.push(makeSvg("circle", { class: "heldOut", cx: across(x), cy: down(y), r: 2.5 }));
  }
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.setAttribute("height", HEIGHT);
  svg.replaceChildren(...parts);
}
