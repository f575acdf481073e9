// Does something again and again, so slowly that one can watch.

class Ticker {
  constructor(act) {
    this.act = act;
    this.frame = 0;
  }

  start(timesPerSecond) {
    this.stop();
    const interval = 1000 / timesPerSecond;
    let next = performance.now();
    const look = (time) => {
      this.frame = requestAnimationFrame(look);
      if (time < next) return;
      next = Math.max(next + interval, time); // after a break, it doesn't catch up
      this.act();
    };
    this.frame = requestAnimationFrame(look);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }
}
