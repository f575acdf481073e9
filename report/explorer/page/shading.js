// The colours of the letters: how surprising a character was, or what the chosen cell holds.

const FULL_SURPRISE = 8; // bits: more is not more orange
const STRONGEST = 60; // percent of a colour: letters stay legible
const known = new Set(config.chars);

/** How the character at a position looks: its classes and its background. */
function styleOf(position, character) {
  const classes = [];
  if (!known.has(character)) classes.push("unknown");
  if (position === view.explained.at) classes.push("focus");
  if (view.explained.sources?.some((source) => source.at === position)) classes.push("source");
  const byCell = page.colour.value === "cell";
  const value = (reading.values[position] || 0) / CELL_SCALE;
  const surprise = (reading.surprisals[position] || 0) / FULL_SURPRISE;
  const shade = byCell ? value : surprise;
  const colour = shade < 0 ? "--cold" : "--warm";
  const strength = (STRONGEST * Math.min(1, Math.abs(shade))).toFixed();
  return { className: classes.join(" "), background: `rgb(var(${colour}) / ${strength}%)` };
}
