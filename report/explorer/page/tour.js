// The tour, in short steps: see tour-steps.js. Its card is docked at the bottom of the window.

import { BY_LAYER } from "./cells.js";
import { byId, onPress, setEnabled } from "./elements.js";
import { sightOfExample } from "./opening.js";
import { own, state } from "./state.js";
import { showText } from "./texts.js";
import { isWide, tourSteps } from "./tour-steps.js";
import { draws, update } from "./update.js";

const card = byId("tour"); // a dialog
const OUTLINE = 8; // pixels, of what is lit
const KEPT = ["text", "byNetwork", "name", "isRepeatable", "off", "colour", "cell", "order", "position", "said"];

let steps = []; // see `tourSteps`
let now = 0; // the number of the step that is shown
let shownBefore = {}; // what the page showed before the tour
let textOfTour = "";
let focused = null; // the element that had the focus
let scrolledTo = 0; // pixels
let wasOpen = false; // what is inside the network

function start() {
  if (card.open) return;
  shownBefore = Object.fromEntries(KEPT.map((key) => [key, state[key]]));
  focused = document.activeElement;
  scrolledTo = scrollY;
  wasOpen = byId("look-inside").open;
  textOfTour = own.config.initial.text;
  const { textsBefore } = state;
  const { name } = own.config.initial;
  showText(textOfTour, { byNetwork: [], name, order: BY_LAYER, textsBefore });
  steps = tourSteps();
  card.show();
  showStep(0);
}

function showStep(number) {
  const step = steps[number];
  now = number;
  byId("tour-number").textContent = `${number + 1} of ${steps.length}`;
  byId("tour-title").textContent = step.title;
  byId("tour-words").textContent = step.words;
  byId("tour-next").textContent = number === steps.length - 1 ? "Done" : "Next";
  setEnabled(byId("tour-back"), number > 0);
  const position = own.config.initial[step.letter ?? "at"]; // of the example
  const inside = byId("look-inside");
  inside.open = step.lit.some((id) => inside.contains(byId(id)));
  light(step.lit.map(byId)); // on a telephone, this changes how high the text is
  update({ off: "", ...step.shows, position, follows: false, inSight: sightOfExample(position) });
  requestAnimationFrame(scrollToLit); // when the text is there
  byId("tour-next").focus({ preventScroll: true });
}

/** Lights up some parts, or none; on a telephone, the last comes directly below the text. */
function light(parts) {
  document.querySelectorAll(".lit").forEach((part) => part.classList.remove("lit"));
  parts.forEach((part) => part.classList.add("lit"));
  const { style } = document.documentElement;
  style.setProperty("--card", `${card.offsetHeight}px`);
  const desk = byId("desk");
  const above = parts.at(-1) === desk ? 0 : desk.offsetHeight + OUTLINE;
  style.setProperty("--above", `${above}px`);
}

function scrollToLit() {
  byId(steps[now].lit.at(-1)).scrollIntoView({ block: isWide.matches ? "nearest" : "start" });
}

/** Closes the tour, and shows again what the page showed before. */
function close(patch = shownBefore) {
  if (!card.open) return;
  light([]);
  card.close();
  byId("look-inside").open = wasOpen;
  const wasChanged = state.text !== textOfTour; // what was written then can be taken back to
  const { textsBefore } = state;
  showText(shownBefore.text, { ...patch, ...(wasChanged ? {} : { textsBefore }), inSight: [0, shownBefore.position] });
  focused.focus({ preventScroll: true });
  scrollTo({ top: scrolledTo });
}

onPress(byId("start-tour"), start);
draws("network", ({ network }) => {
  byId("start-tour").hidden = network !== own; // of another, it has no example
});
onPress(byId("tour-close"), () => close());
onPress(byId("tour-back"), () => showStep(now - 1));
onPress(byId("tour-next"), () => {
  if (now === steps.length - 1) close();
  else showStep(now + 1);
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") close();
});
addEventListener("hashchange", () => close()); // and then shows what the address asks for
// The cells of another network are others: these don't come back.
draws("network", () => {
  const { text, byNetwork, name, position } = shownBefore;
  close({ text, byNetwork, name, position });
});
