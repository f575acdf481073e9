// Some cells held at zero: the network that the page shows lacks them, and the whole network reads
// the same text behind it, to say what they change.

class Comparison {
  /** `whole` is the Reader with the whole network, `cells` those that the other one lacks. */
  constructor(whole, cells) {
    this.whole = whole;
    this.cells = cells;
    this.answered = 0; // how many characters were reported to the page
    this.countAgain();
  }

  /** The network begins to write: nothing was compared yet. */
  countAgain() {
    this.draws = []; // of each character that was written without these cells, how it was drawn
    this.written = 0; // how many of these the whole network has predicted, too
    this.different = 0; // at how many it would have drawn another
  }

  /** The text was changed, and the page has the changes of its first `shown` characters. */
  follow(text, shown) {
    const same = commonLength(text, this.whole.text);
    if (same < this.whole.text.length) this.countAgain(); // what was written is another text now
    this.whole.rewind(same);
    this.draws.length = Math.min(this.draws.length, same);
    this.answered = Math.min(shown, this.whole.text.length);
  }

  /** A character will be drawn at this position, by a random number and these options. */
  remember(position, u, options) {
    this.draws[position] = { u, options };
  }

  /** How many characters the broken network has read, and the whole one has not. */
  toRead(broken) {
    return Math.max(0, broken.text.length - this.whole.text.length);
  }

  readOn(broken) {
    const position = this.whole.text.length;
    const character = broken.text[position];
    this.compareDraw(position, character);
    this.whole.read(character);
  }

  compareDraw(position, character) {
    const drawn = this.draws[position];
    if (!drawn || this.whole.prediction === null) return;
    delete this.draws[position]; // so that it is counted once
    const q = probabilities(this.whole.prediction.p, drawn.options);
    this.written += 1;
    if (this.whole.network.chars[draw(q, drawn.u)] !== character) this.different += 1;
  }

  /** What was not reported to the page yet: how much more surprising characters are now, in bits. */
  news(broken) {
    const start = this.answered;
    const end = Math.max(start, Math.min(broken.text.length, this.whole.text.length));
    const changes = [];
    for (let k = start; k < end; k++) {
      changes.push(broken.surprisals[k] - this.whole.surprisals[k]);
    }
    this.answered = end;
    const { cells, written, different } = this;
    return { cells, start, changes, toRead: this.toRead(broken), written, different };
  }
}
