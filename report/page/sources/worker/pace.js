// So slowly that one can watch.

/** Says when something may happen again. */
export class Pace {
  constructor() {
    this.interval = 0; // milliseconds
    this.next = 0; // when
  }

  /** So many times a second, or Infinity, from now on. */
  set(timesPerSecond) {
    this.interval = 1000 / timesPerSecond;
    this.next = performance.now() + this.interval;
  }

  isDue() {
    return performance.now() >= this.next;
  }

  /** It has happened. After a break, it doesn't catch up. */
  wait() {
    this.next = Math.max(this.next, performance.now() - this.interval) + this.interval;
  }
}
