// What the chosen cell did at the character you look at: its gates, and the new c and h.

import { twoDecimals } from "../shared/numbers.js";
import { byId, make, makeBar, setLength } from "./elements.js";
import { draws } from "./update.js";

const NAMES_OF_GATES = {
  i: "i  input gate",
  f: "f  forget gate",
  g: "g  candidate",
  o: "o  output gate",
};

// The bars stay, so that they move.
const rows = Object.entries(NAMES_OF_GATES).map(([gate, name]) => {
  const row = makeBar(name, 0, "", `gate ${gate}`);
  const [, bar, number] = row.children;
  return { gate, row, bar, number };
});
const lineOfC = make("p", {});
const lineOfH = make("p", {});
const WHAT_THEY_DO =
  "A gate is closed at 0 and open at 1: i sets how much of g is stored, f how much is kept, and o how " +
  "much is passed on.";
byId("gates").append(make("p", { className: "quiet" }, WHAT_THEY_DO), ...rows.map(({ row }) => row), lineOfC, lineOfH);

draws("explained", ({ explained: { isKnown, gates, oldC, newC, h } }) => {
  byId("gates").classList.toggle("none", !isKnown);
  if (!isKnown) return;
  for (const { gate, bar, number } of rows) {
    setLength(bar, gates[gate]);
    number.textContent = twoDecimals(gates[gate]);
  }
  const kept = `${twoDecimals(gates.f)} · ${twoDecimals(oldC)}`;
  const stored = `${twoDecimals(gates.i)} · ${twoDecimals(gates.g)}`;
  lineOfC.textContent = `new c = f · c + i · g = ${kept} + ${stored} = ${twoDecimals(newC)}`;
  lineOfH.textContent = `h = o · tanh(c) = ${twoDecimals(h)}`;
});
