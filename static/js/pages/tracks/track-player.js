// Plays a track: a moment that runs, jumps and steps; who shows it is told each time.

const TURN_MS = 250;

export class Player {
  /** `show(moment, playing)` draws a moment; `onState(playing)` when it starts or stops. */
  constructor(track, { show, onState }) {
    this.track = track;
    this.show = show;
    this.onState = onState;
    this.rate = 30;
    this.playing = false;
    this.moment = track.time[0];
  }

  get first() {
    return this.track.time[0];
  }

  get last() {
    return this.track.time[this.track.size - 1];
  }

  jump(moment) {
    this.moment = Math.max(this.first, Math.min(this.last, moment));
    this.show(this.moment, this.playing);
  }

  /** To the next or the last point. */
  step(by) {
    const at = this.track.before(this.moment);
    const place = Math.max(0, Math.min(this.track.size - 1, at + by));
    this.jump(this.track.time[place]);
  }

  toggle() {
    if (this.playing) return this.pause();
    if (this.moment >= this.last) this.moment = this.first;
    this.playing = true;
    this.onState(true);
    let before = performance.now();
    const run = (now) => {
      if (!this.playing) return;
      const passed = Math.min(now - before, TURN_MS);
      before = now;
      this.jump(this.moment + (passed / 1000) * this.rate);
      if (this.moment >= this.last) this.pause();
      else requestAnimationFrame(run);
    };
    requestAnimationFrame(run);
  }

  pause() {
    this.playing = false;
    this.onState(false);
  }
}
