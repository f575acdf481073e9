// The colours of the letters: how surprising a character was, what the chosen cell holds, or what
// switching off cells changes.

const FULL_SURPRISE = 8; // bits: more is not more orange
const FULL_CHANGE = 1; // bit
const STRONGEST = 60; // percent of a colour: letters stay legible

/** By what the text is coloured: a number for a position, from -1 (blue) to 1 (orange). */
const SHADES = {
  surprise: (position) => reading.surprisals[position] / FULL_SURPRISE,
  cell: (position) => reading.values[position] / CELL_SCALE,
  broken: (position) => breaking.changes[position] / FULL_CHANGE,
};

/** How the character at a position looks: its classes and its background. */
function styleOf(position, character) {
  const classes = [];
  if (!known.has(character)) classes.push("unknown");
  if (along.position !== null && position >= along.position) classes.push("unread");
  if (reading.byNetwork[position]) classes.push("written");
  if (position === view.explained.at) classes.push("focus");
  if (view.explained.sources?.some((source) => source.at === position)) classes.push("source");
  const shade = SHADES[page.colour.value](position) || 0; // nothing where nothing was predicted
  const colour = shade < 0 ? "--cold" : "--warm";
  const strength = (STRONGEST * Math.min(1, Math.abs(shade))).toFixed();
  return { className: classes.join(" "), background: `rgb(var(${colour}) / ${strength}%)` };
}
