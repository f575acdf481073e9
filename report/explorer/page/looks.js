// How a letter looks: how surprising it was, what the chosen cell held, or what was changed by what is
// switched off.

import { CELL_SCALE } from "../shared/cells.js";
import { isOfBroken, state } from "./state.js";

const FULL_SURPRISE = 8; // bits: more is not more orange
const FULL_CHANGE = 1; // bit
const STRONGEST = 60; // percent of a colour: letters stay legible

/** By what the text is coloured: a number for a position, from -1 (blue) to 1 (orange). */
const SHADES = {
  surprise: (position) => state.surprisals[position] / FULL_SURPRISE,
  cell: (position) => state.values[position] / CELL_SCALE,
  broken: (position) => (isOfBroken(position) ? 0 : state.changes[position] / FULL_CHANGE),
};

/** From -1 (blue) to 1 (orange); 0 where nothing was predicted. */
export const shadeOf = (position, colour) => SHADES[colour](position) || 0;

/** The classes and the background of the character at a position. */
export function lookOf(position, character) {
  const { activity, byNetwork, explained, network, read } = state;
  const classes = [];
  if (!network.known.has(character)) classes.push("unknown");
  if (activity === "reading" && position >= read) classes.push("unread");
  if (byNetwork[position]) classes.push("written");
  if (position === explained.at) classes.push("focus");
  if (explained.sources?.some((source) => source.at === position)) classes.push("source");
  return { className: classes.join(" "), background: colourOf(shadeOf(position, state.colour)) };
}

function colourOf(shade) {
  const colour = shade < 0 ? "--cold" : "--warm";
  const strength = (STRONGEST * Math.min(1, Math.abs(shade))).toFixed();
  return `rgb(var(${colour}) / ${strength}%)`;
}

export const colourOfSurprise = (bits) => colourOf(bits / FULL_SURPRISE);
