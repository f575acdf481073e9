// Reads the page's text with one network, as far as it is wanted, and says what is new.

import { commonLength } from "../shared/lists.js";
import { Reader } from "./reader.js";

export class Follower {
  constructor(network) {
    this.reader = new Reader(network);
    this.goal = Infinity; // so many characters may be read
    this.reported = 0; // and so many the page knows of
  }

  /** The text was changed. Of its characters, the page knows no more than `known`. */
  follow(text, known) {
    const { reader } = this;
    reader.rewind(commonLength(text, reader.text));
    this.reported = Math.min(this.reported, known, reader.text.length);
  }

  /** Whether a character of the text is to be read. */
  isBehind(text) {
    return this.reader.text.length < Math.min(this.goal, text.length);
  }

  readOn(text) {
    this.reader.read(text[this.reader.text.length]);
  }

  /** From which character on the page knows nothing; from now on, it knows all that was read. */
  takeNews() {
    const start = this.reported;
    this.reported = this.reader.text.length;
    return start;
  }
}
