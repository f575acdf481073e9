// What the name costs each time it comes, with copying and without.

import { sum } from "../network/vectors.js";
import { byId, isolated, make, setLength } from "./elements.js";
import { EXPECTED } from "./scene.js";
import { state } from "./state.js";
import { draws, lookAt } from "./update.js";

const WIDEST = 30; // bits, unless one costs more

/** The occurrences that were read: [{at, length, letters, bits, without}]; `without` may be undefined. */
export function costsOfName() {
  const { occurrences, characters, surprisals, without } = state;
  return occurrences.map(({ at, length }) => {
    const sumOf = (values) => sum(values.slice(at, at + length).map((bits) => bits || 0));
    const isRead = (values) => values.length >= at + length && values[at + length - 1] !== undefined;
    return {
      at,
      length,
      letters: characters.slice(at, at + length).join(""),
      bits: isRead(surprisals) ? sumOf(surprisals) : undefined,
      without: isRead(without) ? sumOf(without) : undefined,
    };
  });
}

/** Its two spellings, capitals and small letters, in the order in which they come. */
const spellingsIn = (costs) => [...new Set(costs.map(({ letters }) => letters))];

function aboutSpellings(costs) {
  const spellings = spellingsIn(costs);
  const firsts = spellings.map((spelling) => costs.find(({ letters }) => letters === spelling));
  const lasts = spellings.map((spelling) => costs.findLast(({ letters }) => letters === spelling));
  const areExpensive = firsts.every(({ bits, length }) => bits > length * EXPECTED);
  const areCheapAgain = lasts.every((last, k) => last === firsts[k] || last.bits < firsts[k].bits / 2);
  if (spellings.length < 2 || !areExpensive || !areCheapAgain) return "";
  const words = spellings.slice(0, 2).map(isolated).join(" and ");
  const again = "When one comes back, it still costs what the network isn't sure of.";
  return `To the network, ${words} are different words: each is expensive once. ${again}`;
}

draws("occurrences reports text without network lacks", ({ occurrences, characters, network }) => {
  const isKnown = ({ at, length }) => characters.slice(at, at + length).some((letter) => network.known.has(letter));
  const isListed = occurrences.length > 1 && isKnown(occurrences[0]);
  byId("name-panel").hidden = !isListed;
  if (!isListed) return;
  const costs = costsOfName();
  const canCopy = Boolean(network.config.copy_size);
  const most = Math.max(WIDEST, ...costs.flatMap(({ bits = 0, without = 0 }) => [bits, without]));
  const focused = [...byId("costs").children].indexOf(document.activeElement);
  byId("costs").replaceChildren(...costs.map((cost) => row(cost, most, canCopy)));
  byId("costs").children[focused]?.focus({ preventScroll: true });
  byId("with-copying").hidden = !canCopy;
  const [bars, others] = namesOfBars();
  byId("name-of-bars").textContent = bars;
  byId("name-of-others").textContent = others;
  byId("without-copying").hidden = !canCopy;
  byId("spellings").textContent = aboutSpellings(costs);
});

/** What the orange bars are, and those below them: the whole network's, without copying. */
export const namesOfBars = () => (state.off ? ["as it is now", "whole, without copying"] : ["with copying", "without"]);

function row({ at, length, letters, bits, without }, most, canCopy) {
  const bars = make("span", { className: "both" }, barOf(bits, most, "with"));
  if (canCopy) bars.append(barOf(without, most, "without"));
  const words = [make("samp", {}, letters), bars, make("b", {}, inBits(bits))];
  if (canCopy) words.push(make("span", { className: "quiet" }, inBits(without)));
  const button = make("button", { type: "button", className: "cost" }, ...words);
  button.ariaLabel = `${letters}: ${inBits(bits)} bits${canCopy ? `, without copying ${inBits(without)}` : ""}`;
  button.addEventListener("click", () => lookAt(mostCopiedIn(at, length), { inSight: [0, at + length] }));
  return button;
}

const inBits = (bits) => (bits === undefined ? "…" : bits.toFixed());

function barOf(bits = 0, most, kind) {
  const bar = make("i", {});
  setLength(bar, bits / most);
  bar.classList.add(kind);
  return bar;
}

/** The letter of an occurrence for which copying changes most. */
function mostCopiedIn(at, length) {
  const gains = [];
  for (let k = at; k < at + length; k++) gains.push((state.without[k] || 0) - (state.surprisals[k] || 0));
  return at + gains.indexOf(Math.max(...gains));
}
