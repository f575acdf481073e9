// A network learns the reader's text while the reader watches.

import { readText } from "../files/open.js";
import { InputError } from "../shared/input.js";
import { grouped, inCharacters, twoDecimals } from "../shared/numbers.js";
import { checkText, readable } from "../shared/texts.js";
import { drawCurves } from "./curves.js";
import { byId, keepAtEnd, make, onPress, onSubmit, say, setEnabled } from "./elements.js";
import { isOfNetwork, wasSaved } from "./files.js";
import { showNetwork } from "./network.js";
import { show } from "./sheet.js";
import { state } from "./state.js";
import { showText } from "./texts.js";

const ABOUT_LEARNED = "This network, an LSTM, learned in this page.";
const MUCH = 0.3; // bits
const SEEN = 0.01; // bits: so that two numbers with two decimals differ
const RECITED = 50; // characters: so many that occur in a text, letter for letter, are recited
const FEW = 1_000; // held-out characters, which tell little
const SHOWN = 300; // letters of its text, when a network is used
const BITS = 1 / Math.LN2; // in a nat, in which the worker reports losses

const cellsField = byId("learning").elements.hidden_size;
const textField = byId("learning-text");
const fileField = byId("text-file"); // the hidden field of a button
const results = byId("results"); // curves and samples
const firstSample = byId("first-sample"); // what it wrote before it learned
const samples = byId("samples"); // a list, which grows at its end

// What was chosen to be learned.
const chosen = {
  text: JSON.parse(byId("to-learn").textContent),
  name: byId("to-learn").dataset.name, // of this text
  cells: cellsField.valueAsNumber,
};

// What happens: "none" before there is a network, "counting" while the comparison is prepared, then
// "learning" or "paused"; "stale" if something was chosen since that only a new network can learn.
let phase = "none";
let lesson = null; // what the network learns: {text, cells, number}
let lessons = 0; // so far
let progress = null; // {characters, seconds, rate, loss}; losses are in bits
let lossOfCounts = null; // the counting model's, once it is known
let looks = []; // at the network: its progress, {sample, heldOut}; heldOut is null where it wasn't measured
let note = ""; // what is to be said until something happens

const isBusy = () => phase === "counting" || phase === "learning";

// The worker

let learner = null; // from the first start on

function makeLearner() {
  const made = new Worker(URL.createObjectURL(new Blob([byId("learner").textContent])));
  made.onmessage = ({ data }) => takeReport(data);
  made.onerror = () => {
    made.terminate();
    learner = null;
    lesson = null;
    enter("none", "Learning stopped because of an error: start a new network.");
  };
  return made;
}

/** What the worker reports: see `report` in learning/worker.js. */
function takeReport({ number, progress: reported, lossOfCounts: nats, look, network }) {
  if (number !== lesson.number) return; // it is of an earlier network
  progress = { ...reported, loss: BITS * reported.loss };
  if (nats !== undefined) {
    lossOfCounts = BITS * nats;
    if (phase === "counting") phase = "learning";
    results.hidden = false;
    results.scrollIntoView({ block: "nearest" });
  }
  if (look) {
    const heldOut = look.heldOut === null ? null : BITS * look.heldOut;
    looks.push({ ...progress, sample: look.sample, heldOut });
    showSample(looks.at(-1));
  }
  drawLearning();
  if (network) useLearned(network);
}

// What you do

function enter(next, words = "") {
  phase = next;
  note = words;
  drawLearning();
}

/** Throws InputError for a text that can't be learned. */
function startNetwork() {
  const text = readable(chosen.text);
  checkText(text);
  lessons += 1;
  lesson = { text: chosen.text, cells: chosen.cells, number: lessons };
  progress = null;
  lossOfCounts = null;
  looks = [];
  results.hidden = true;
  firstSample.replaceChildren();
  samples.replaceChildren();
  learner ??= makeLearner();
  learner.postMessage({ lesson: { number: lessons, text, settings: { hidden_size: chosen.cells } }, isLearning: true });
  enter("counting");
}

function pauseLearning() {
  learner.postMessage({ isLearning: false });
  if (isBusy()) enter("paused");
}

function resumeLearning() {
  learner.postMessage({ isLearning: true });
  enter(lossOfCounts === null ? "counting" : "learning");
}

function chooseToLearn(patch, words = "") {
  Object.assign(chosen, patch);
  if (lesson === null) return enter("none", words);
  const isSame = chosen.text === lesson.text && chosen.cells === lesson.cells;
  return enter(isSame ? "paused" : "stale", words);
}

onSubmit(byId("learning"), () => {
  if (isBusy()) pauseLearning();
  else if (phase === "paused") resumeLearning();
  else sayIfRefused(startNetwork);
});
onPress(byId("use"), () => {
  pauseLearning();
  learner.postMessage({ wantsNetwork: true });
});
cellsField.addEventListener("input", () => chooseToLearn({ cells: cellsField.valueAsNumber }));
textField.addEventListener("input", () => chooseToLearn({ text: textField.value, name: "The text you edited" }));
textField.addEventListener("change", () => sayIfRefused(() => checkText(textField.value)));

/** Says what an InputError says. */
async function sayIfRefused(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    enter(phase, error.message);
    byId("learning-status").scrollIntoView({ block: "nearest" });
  }
}

/** Takes the text to learn from a file. */
function openText(file) {
  return sayIfRefused(async () => {
    const text = await readText(file);
    if (isBusy()) throw new InputError("Pause first, then choose another text.");
    const name = `“${file.name}”`;
    chooseToLearn({ text: readable(text), name }, `${name} is loaded.`);
  });
}

onPress(byId("choose-text"), () => fileField.click());
fileField.addEventListener("change", async () => {
  await openText(fileField.files[0]);
  fileField.value = ""; // so that the same file can be chosen again
});

/** Takes the text that was dropped on the page. */
document.addEventListener("drop", ({ dataTransfer }) => {
  const files = [...dataTransfer.files];
  if (files.length === 0 || files.some(isOfNetwork)) return;
  openText(files[0]);
  byId("learning-status").scrollIntoView({ block: "nearest" });
});

/** The browser asks before it leaves a network that was learned and not saved. */
addEventListener("beforeunload", (event) => {
  const { network } = state;
  if (network.about === ABOUT_LEARNED && !wasSaved(network)) event.preventDefault();
});

/** The upper half of the page uses the network as it is now, and begins with its text. */
function useLearned(network) {
  showNetwork(network, ABOUT_LEARNED);
  const said = "This is your network, and how its text begins. Now ask it your name, above. Or press Write.";
  showText(beginning(lesson.text), { look: Infinity, said });
  show(Infinity, Infinity);
  scrollTo({ top: 0 });
}

/** The first lines of a text, or what fits on some. */
function beginning(text) {
  const first = text.slice(0, SHOWN);
  const end = first.lastIndexOf("\n") + 1;
  return end > 0 ? first.slice(0, end) : first;
}

// What it shows

const NAMES_OF_BUTTON = { none: "Start", counting: "Pause", learning: "Pause", paused: "Resume", stale: "Start a new network" };

function drawLearning() {
  if (textField.value !== chosen.text) textField.value = chosen.text;
  byId("about-text").textContent = `${chosen.name}: ${inCharacters(chosen.text.length)}`;
  cellsField.value = chosen.cells;
  cellsField.parentElement.querySelector("output").textContent = chosen.cells;
  textField.readOnly = isBusy(); // while it learns, nothing can be changed
  cellsField.disabled = isBusy();
  setEnabled(byId("choose-text"), !isBusy());
  setEnabled(byId("use"), lesson !== null);
  byId("go").textContent = NAMES_OF_BUTTON[phase];
  say(byId("learning-status"), note || statusInWords());
  drawProgress();
  drawLosses();
}

function statusInWords() {
  if (phase === "none") return "";
  if (phase === "stale") return "A different text or number of cells needs a new network, which starts from noise.";
  if (phase === "counting") return "Preparing the comparison: counting what follows every three characters.";
  const doing = phase === "learning" ? "Learning." : "Paused.";
  return `${doing} ${lossOfCounts === null ? "" : verdict(readable(lesson.text))}`.trim();
}

function drawProgress() {
  byId("loss-of-training").textContent = "";
  byId("learning-progress").textContent = "";
  if (progress === null) return;
  const { characters, seconds, rate, loss } = progress;
  if (Number.isFinite(loss)) byId("loss-of-training").textContent = twoDecimals(loss);
  if (phase === "none" || phase === "stale") return;
  byId("learning-progress").textContent =
    `${inCharacters(characters)} in ${grouped(seconds)} s, learning rate ${rate.toPrecision(2)}`;
}

function drawLosses() {
  if (lossOfCounts === null) return;
  const last = looks.findLast(({ heldOut }) => heldOut !== null);
  byId("loss-of-held-out").textContent = last ? `${twoDecimals(last.heldOut)} after ${grouped(last.characters)}` : "";
  byId("loss-of-counts").textContent = twoDecimals(lossOfCounts);
  drawCurves(byId("curves"), { looks, progress, lossOfCounts });
}
new ResizeObserver(drawLosses).observe(byId("curves").parentElement);

/** What the losses so far say. */
function verdict(text) {
  const tested = looks.filter(({ heldOut }) => heldOut !== null);
  // Where only the held-out loss rises; a step that is too long raises both.
  const isByHeart = rise(tested.map(({ heldOut }) => heldOut)) > MUCH && rise(trainingLosses()) <= MUCH;
  if (isByHeart) {
    return "The held-out loss rises: it learns the text by heart. For new sentences, choose a longer text.";
  }
  if (recites(looks.at(-1)?.sample ?? "", text)) {
    return "It recites: half of what it writes, or more, is in its text letter for letter. For new sentences, choose a longer text.";
  }
  const isBelow = tested.at(-1)?.heldOut < lossOfCounts - SEEN;
  const heldOut = Math.ceil(text.length / 10);
  if (isBelow && heldOut < FEW) return `Below counting, but on ${inCharacters(heldOut)} only: choose a longer text to be sure.`;
  return isBelow ? "Below counting: the network is now worth its trouble." : "";
}

/** Whether half of the pieces of a sample, or more, occur in a text. */
function recites(sample, text) {
  const pieces = sample.match(new RegExp(`[^]{${RECITED}}`, "g")) ?? [];
  const recited = pieces.filter((piece) => text.includes(piece));
  return recited.length > 0 && recited.length >= pieces.length / 2;
}

/** The losses on the training text: there is none before the first step. */
const trainingLosses = () => looks.map(({ loss }) => loss).filter(Number.isFinite);

/** How far the last of some losses is above the lowest, in bits. */
const rise = (losses) => losses.at(-1) - Math.min(...losses);

function showSample({ characters, seconds, heldOut, sample }) {
  let about = `After ${grouped(seconds)} s, ${inCharacters(characters)}`;
  if (heldOut !== null) about += `, held-out loss ${twoDecimals(heldOut)}`;
  const isBlank = sample.trim() === "";
  const written = isBlank ? make("p", {}, "(only spaces and line breaks)") : make("samp", {}, sample);
  const lines = [make("p", {}, about), written];
  if (firstSample.childElementCount === 0) firstSample.append(...lines);
  else keepAtEnd(samples, () => samples.append(make("li", {}, ...lines)));
}

drawLearning();
