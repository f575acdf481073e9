// How a letter looks: how surprising it was, or what the chosen cell held.

import { CELL_SCALE } from "../shared/cells.js";
import { state } from "./state.js";

const FULL_SURPRISE = 8; // bits: more is not more orange
const STRONGEST = 60; // percent of a colour: letters stay legible

/** By what the text is coloured: a number for a position, from -1 (blue) to 1 (orange). */
const SHADES = {
  surprise: (position) => state.surprisals[position] / FULL_SURPRISE,
  cell: (position) => state.values[position] / CELL_SCALE,
};

/** From -1 (blue) to 1 (orange); 0 where nothing was predicted. */
const shadeOf = (position) => SHADES[state.colour](position) || 0;

/** The classes and the background of the character at a position. */
export function lookOf(position, character) {
  const { byNetwork, explained, network, read, task } = state;
  const classes = [];
  if (!network.known.has(character)) classes.push("unknown");
  if (task?.does === "reading" && position >= read) classes.push("unread");
  if (byNetwork[position]) classes.push("written");
  if (position === explained.at) classes.push("focus");
  if (explained.sources?.some((source) => source.at === position)) classes.push("source");
  return { className: classes.join(" "), background: colourOf(shadeOf(position)) };
}

function colourOf(shade) {
  const colour = shade < 0 ? "--cold" : "--warm";
  const strength = (STRONGEST * Math.min(1, Math.abs(shade))).toFixed();
  return `rgb(var(${colour}) / ${strength}%)`;
}

export const colourOfSurprise = (bits) => colourOf(bits / FULL_SURPRISE);
