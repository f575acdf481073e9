// What the name costs each time it comes, with copying and without.

import { sum } from "../network/vectors.js";
import { grouped, inBits } from "../shared/numbers.js";
import { byId, isolated, make, setLength } from "./elements.js";
import { EXPECTED, LISTED, LISTED_WITHIN } from "./scene.js";
import { show } from "./sheet.js";
import { state } from "./state.js";
import { draws, lookAt } from "./update.js";

const WIDEST = 30; // bits, unless one costs more
const EXPENSIVE = 15; // bits: a short name that is new costs as much
const NOTICED = 4; // bits: so much needs a reason when a name comes back

/** Each occurrence, {at, length, letters, bits, without}; the bits are undefined until it was read. */
function costsOfName() {
  const { occurrences, characters, surprisals, without } = state;
  return occurrences.slice(0, LISTED).map(({ at, length }) => {
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
  const firstOf = ({ letters }) => firsts[spellings.indexOf(letters)];
  if (spellings.length < 2) return "";
  for (const cost of costs) {
    const first = firstOf(cost);
    const isExpensive = first.bits > first.length * EXPECTED;
    const isCheapAgain = cost === first || cost.bits < Math.min(first.bits / 2, EXPENSIVE);
    if (!isExpensive || !isCheapAgain) return "";
  }
  const words = spellings.slice(0, 2).map(isolated).join(" and ");
  return `To the network, ${words} are different words: each is expensive once.`;
}

/** Why the dearest of those that were copied is still dear, where its first letter is most of it. */
function aboutFirstLetter(costs) {
  if (!state.network.config.copy_size) return "";
  const spellings = costs.map(({ letters }) => letters);
  const returns = costs.filter(({ bits, letters }, k) => bits >= NOTICED && spellings.indexOf(letters) < k);
  const [dearest] = returns.sort((a, b) => b.bits - a.bits);
  const first = dearest && state.surprisals[dearest.at];
  if (!(first > dearest?.bits / 2)) return "";
  const cost = `From its second time on, ${isolated(dearest.letters)} costs up to ${inBits(dearest.bits)}`;
  const mostly = dearest.length > 1 ? `, mostly for ${dearest.letters[0]}` : "";
  return `${cost}${mostly}: the network wasn't sure that a name comes there.`;
}

draws("occurrences reports text without network", ({ occurrences, characters, network }) => {
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
  byId("without-copying").hidden = !canCopy;
  byId("spellings").firstChild.textContent = [aboutSpellings(costs), aboutFirstLetter(costs)].join(" ").trim();
  byId("spellings").classList.toggle("reserve", spellingsIn(costs).length > 1);
  byId("name-title").textContent = `What the name costs${whichOnes(characters.length)}`;
});

/** Which occurrences are listed, where they may not be all. */
function whichOnes(length) {
  if (state.occurrences.length > LISTED) return `, the first ${LISTED} times`;
  return length > LISTED_WITHIN ? `, in the first ${grouped(LISTED_WITHIN)} characters` : "";
}

function row({ at, length, letters, bits, without }, most, canCopy) {
  const bars = make("span", { className: "both" }, barOf(bits, most, "with"));
  if (canCopy) bars.append(barOf(without, most, "without"));
  const words = [make("samp", {}, letters), bars, make("b", {}, rounded(bits))];
  if (canCopy) words.push(make("span", { className: "quiet" }, rounded(without)));
  const button = make("button", { type: "button", className: "cost" }, ...words);
  const isRead = bits !== undefined;
  button.ariaLabel = `${letters}: ${isRead ? inBits(bits) : "…"}${canCopy ? `, without copying ${rounded(without)}` : ""}`;
  button.addEventListener("click", () => {
    lookAt(mostCopiedIn(at, length));
    show(0, at + length);
  });
  return button;
}

const rounded = (bits) => (bits === undefined ? "…" : bits.toFixed());

function barOf(bits = 0, most, kind) {
  const bar = make("i", { className: kind });
  setLength(bar, bits / most);
  return bar;
}

/** The letter of an occurrence for which copying changes most. */
function mostCopiedIn(at, length) {
  const gains = [];
  for (let k = at; k < at + length; k++) gains.push((state.without[k] || 0) - (state.surprisals[k] || 0));
  return at + gains.indexOf(Math.max(...gains));
}
