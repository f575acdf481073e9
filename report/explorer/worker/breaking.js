// A part of the network is switched off: the one that the page shows lacks it, and the whole network
// reads the same text behind it, to say what this changes.

import { commonLength } from "../shared/lists.js";

export class Comparison {
  /** `whole` is the Reader with the whole network, `lacks` what the other one lacks: {cells, copying}. */
  constructor(whole, lacks) {
    this.whole = whole;
    this.lacks = lacks;
    this.answered = 0; // how many characters were reported to the page
  }

  /** The text was changed, and the page has the changes of its first `shown` characters. */
  follow(text, shown) {
    this.whole.rewind(commonLength(text, this.whole.text));
    this.answered = Math.min(shown, this.whole.text.length);
  }

  /** How many characters the broken network has read, and the whole one has not. */
  toRead(broken) {
    return Math.max(0, broken.text.length - this.whole.text.length);
  }

  readOn(broken) {
    this.whole.read(broken.text[this.whole.text.length]);
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
    return { lacks: this.lacks, start, changes };
  }
}
