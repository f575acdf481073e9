// A second reading of the text with one cell held at zero, to compare surprises.

class BrokenReading {
  /** Of the network {config, tensors}. */
  constructor({ config, tensors }, cell) {
    this.cell = cell;
    const changed = holdAtZero(tensors, config.hidden_size, [cell]);
    this.reader = new Reader(new CharLSTM(config, changed), { keepsCells: false });
    this.answered = 0; // how many characters were reported to the page
  }

  /** The text was changed, and the page has colours for its first `shown` characters. */
  follow(text, shown) {
    this.reader.rewind(commonLength(text, this.reader.text));
    this.answered = Math.min(shown, this.reader.text.length);
  }

  /** How many characters the whole network has read, and this one has not. */
  toRead(whole) {
    return Math.max(0, whole.text.length - this.reader.text.length);
  }

  readOn(whole) {
    this.reader.read(whole.text[this.reader.text.length]);
  }

  /** What was not reported to the page yet: how much more surprising characters are now, in bits. */
  news(whole) {
    const start = this.answered;
    const end = Math.max(start, Math.min(this.reader.text.length, whole.text.length));
    const changes = [];
    for (let k = start; k < end; k++) {
      changes.push(this.reader.surprisals[k] - whole.surprisals[k]);
    }
    this.answered = end;
    return { cell: this.cell, start, changes, toRead: this.toRead(whole) };
  }
}
