// A network learns the reader's text while the reader watches.

const LARGEST_TEXT = 8_000_000; // bytes of a file: the learner takes two million characters
const NEAR_LAST_SAMPLE = 30; // pixels
const ABOUT_LEARNED = "This network, an LSTM, has learned in this page, one character at a time.";

const learn = {
  section: byId("learn"),
  form: byId("learning"),
  go: byId("go"), // starts, pauses and resumes
  again: byId("again"),
  use: byId("use"),
  status: byId("learning-status"),
  progress: byId("learning-progress"),
  text: byId("learning-text"),
  file: byId("text-file"),
  lesson: byId("lesson"), // curves and samples
  training: byId("loss-of-training"), // numbers beside the names of the curves
  heldOut: byId("loss-of-held-out"),
  bar: byId("loss-of-counts"),
  samples: byId("samples"),
};
const { hidden_size: cellsField, learning_rate: rateField, window: windowField } =
  learn.form.elements;
const curves = new Curves(byId("curves"));

let learner = null; // the worker, from the first start on
const learning = {
  state: "none", // or "learning" or "paused": whether there is a network, and whether it learns
  cells: 0, // of this network
  hasNewText: false, // the text was changed since this network started
};

function makeLearner() {
  const made = new Worker(URL.createObjectURL(new Blob([byId("learner").textContent])));
  made.onmessage = ({ data: [what, value] }) => heard[what](value);
  made.onerror = () => {
    learner.terminate();
    learner = null;
    heard.failed("The learning stopped: start a new network.");
  };
  return made;
}

const tellLearner = (what, value) => learner.postMessage([what, value]);

// What you do

function startNetwork() {
  learner ??= makeLearner();
  const settings = { ...chosenRates(), hidden_size: cellsField.valueAsNumber };
  tellLearner("start", { text: learn.text.value, settings });
  learn.status.textContent = "Counting characters, for the bar.";
  setState("learning");
}

function resumeNetwork() {
  tellLearner("resume", chosenRates());
  learn.status.textContent = "Learning.";
  setState("learning");
}

function pauseNetwork() {
  tellLearner("pause");
  learn.status.textContent = "Paused. You can change learning rate and window and then resume.";
  setState("paused");
}

const chosenRates = () => {
  return { learning_rate: rateField.valueAsNumber, window: windowField.valueAsNumber };
};

/** Whether only a new network can learn with what was chosen. */
function needsNewNetwork() {
  return learning.hasNewText || cellsField.valueAsNumber !== learning.cells;
}

/** Shows what can be done. While it learns, nothing can be changed. */
function setState(state) {
  learning.state = state;
  const isLearning = state === "learning";
  const isPaused = state === "paused";
  for (const field of [cellsField, rateField, windowField, learn.text]) field.readOnly = isLearning;
  learn.file.disabled = isLearning;
  setEnabled(learn.again, isPaused);
  setEnabled(learn.use, state !== "none");
  learn.go.textContent = "Start";
  if (isLearning) learn.go.textContent = "Pause";
  if (isPaused) learn.go.textContent = needsNewNetwork() ? "Start a new network" : "Resume";
}

/** Another text or number of cells was chosen, or the old one again. */
function choiceChanged() {
  setState(learning.state);
  if (learning.state !== "paused") return;
  const needed = "Another text or number of cells needs a new network, which starts with noise.";
  learn.status.textContent = needsNewNetwork() ? needed : "Paused.";
}

learn.form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (learning.state === "learning") pauseNetwork();
  else if (learning.state === "paused" && !needsNewNetwork()) resumeNetwork();
  else startNetwork();
});
learn.again.addEventListener("click", () => {
  if (isEnabled(learn.again) && learn.form.reportValidity()) startNetwork();
});
learn.use.addEventListener("click", () => {
  if (isEnabled(learn.use)) tellLearner("network");
});
cellsField.addEventListener("input", choiceChanged);
learn.text.addEventListener("input", newText);

function newText() {
  learning.hasNewText = true;
  choiceChanged();
}

/** Takes a text from a file. */
async function openText(file) {
  if (learning.state === "learning") {
    learn.status.textContent = "Pause first: then the network can learn another text.";
    return;
  }
  const said = await readText(file);
  learn.text.value = said.text ?? learn.text.value;
  if (said.text !== undefined) newText();
  learn.status.textContent = said.message;
}
learn.file.addEventListener("change", async () => {
  await openText(learn.file.files[0]);
  learn.file.value = ""; // so that the same file can be chosen again
});

/** {text, message} of a file, or only a message. */
async function readText(file) {
  const name = quote(file.name);
  if (file.size > LARGEST_TEXT) {
    return { message: `${name} is larger than ${LARGEST_TEXT / 1e6} MB: choose a shorter text.` };
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return { text, message: `${name} is the text now: press Start.` };
  } catch {
    return { message: `${name} is not a text in UTF-8, or can't be read.` };
  }
}

// What the worker says

const twoDecimals = (loss) => loss.toFixed(2);
const inEnglish = (number) => Math.round(number).toLocaleString("en");

const heard = {
  /** A new network starts; `bar` is the loss of counts. */
  started({ cells, bar }) {
    learning.cells = cells;
    learning.hasNewText = false;
    curves.clear();
    curves.bar = bar;
    learn.bar.textContent = twoDecimals(bar);
    learn.samples.replaceChildren();
    learn.lesson.hidden = false;
    if (learning.state === "learning") learn.status.textContent = "Learning.";
    else setState(learning.state); // paused meanwhile
  },

  progress({ characters, seconds, rate, loss }) {
    curves.add("training", characters, loss);
    curves.draw();
    learn.training.textContent = twoDecimals(loss);
    const read = `${inEnglish(characters)} characters in ${inEnglish(seconds)} s`;
    learn.progress.textContent = `${read}, ${inEnglish(rate)} a second`;
  },

  look({ characters, seconds, sample, heldOut }) {
    if (heldOut !== null) {
      curves.add("heldOut", characters, heldOut);
      learn.heldOut.textContent = twoDecimals(heldOut);
    }
    const loss = heldOut === null ? "" : `, held-out loss ${twoDecimals(heldOut)}`;
    const about = `After ${inEnglish(seconds)} s, ${inEnglish(characters)} characters${loss}`;
    showSample(about, sample);
  },

  /** Text or settings can't be used: what was there before is still there. */
  refused(message) {
    setState(learning.cells ? "paused" : "none");
    learn.status.textContent = message;
  },

  /** The network is lost. */
  failed(message) {
    learning.cells = 0;
    setState("none");
    learn.status.textContent = message;
  },

  /** The network as it is now. */
  network(network) {
    showNetwork(network, ABOUT_LEARNED);
    page.status.textContent = "Your network reads it.";
    page.sheet.closest("main").scrollIntoView();
  },
};

/** Adds a sample at the end of the list; who looks at the last one sees the new one. */
function showSample(about, sample) {
  const list = learn.samples;
  const below = list.scrollHeight - (list.scrollTop + list.clientHeight); // pixels out of sight
  list.append(make("li", {}, make("p", {}, about), make("samp", {}, sample)));
  if (below < NEAR_LAST_SAMPLE) list.scrollTop = list.scrollHeight;
}

learn.text.value = JSON.parse(byId("to-learn").textContent);
setState("none");
