// When the page opens, its example is read letter by letter, once.

const LETTERS_PER_SECOND = 25;
const along = {
  position: null, // how far it may read, or null once it reads at once
  ticker: new Ticker(readOneMore),
};

/** An address that asks for something was sent by somebody who wants to show that. */
function readAlong() {
  if (location.hash !== "" || still.matches) return;
  along.position = 0;
  view.follows = true;
  tell("readTo", 0);
  page.status.textContent = "Reading.";
  along.ticker.start(LETTERS_PER_SECOND);
}

function readOneMore() {
  if (reading.shown < along.position) return; // a slow machine takes its time
  if (along.position === reading.characters.length) {
    readAtOnce();
    if (!view.follows) return;
    lookAt(config.initial.at);
    paper.show(0, config.initial.at);
    return;
  }
  along.position += 1;
  tell("readTo", along.position);
  if (!view.follows) return;
  lookAt(along.position - 1, true);
  paper.show(along.position - 1, along.position - 1);
}

/** Somebody wants to do something else. */
function readAtOnce() {
  if (along.position === null) return;
  along.position = null;
  along.ticker.stop();
  tell("readTo", Infinity);
  page.status.textContent = "";
  paper.colourAll();
}
