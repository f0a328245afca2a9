// Reads the decisions that kb/range_coder.py wrote, with the same probabilities: whole numbers only.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const ONE = 65536; // a probability of 1
  const LEAST = 48;
  const MOST_SEEN = 60;
  const RATE_BITS = 14; // products stay below 2 ** 31
  const RATE_ONE = 1 << RATE_BITS;
  const NUMBER_BITS = 24;
  const RATES = [];
  for (let seen = 0; seen <= MOST_SEEN; seen++) RATES.push(Math.floor(RATE_ONE / (seen + 1.6)));

  engine.NUMBER_CONTEXTS = NUMBER_BITS * (NUMBER_BITS + 1);

  engine.Decoder = class {
    constructor(text, nContexts) {
      this.bytes = atob(text);
      this.at = 0;
      this.chances = new Uint16Array(nContexts).fill(ONE / 2);
      this.seen = new Uint8Array(nContexts);
      this.low = 0;
      this.high = 0xffffffff;
      this.code = 0;
      for (let place = 0; place < 4; place++) this.code = this.nextByte(this.code);
    }

    nextByte(before) {
      return ((before << 8) | (this.at < this.bytes.length ? this.bytes.charCodeAt(this.at++) : 0)) >>> 0;
    }

    decide(context) {
      const isYes = this.read(this.chances[context]);
      this.learn(context, isYes);
      return isYes;
    }

    // 1 or 0: a decision that is a yes with a probability of `chance` 65,536ths.
    read(chance) {
      if (chance < LEAST) chance = LEAST;
      else if (chance > ONE - LEAST) chance = ONE - LEAST;
      const span = this.high - this.low;
      const middle = this.low + (span >>> 16) * chance + (((span & 0xffff) * chance) >>> 16);
      const isYes = this.code <= middle ? 1 : 0;
      if (isYes) this.high = middle;
      else this.low = middle + 1;
      while (((this.low ^ this.high) & 0xff000000) === 0) {
        this.low = (this.low << 8) >>> 0;
        this.high = ((this.high << 8) | 0xff) >>> 0;
        this.code = this.nextByte(this.code);
      }
      return isYes;
    }

    learn(context, isYes) {
      const seen = this.seen[context];
      const chance = this.chances[context];
      this.chances[context] = chance + ((((isYes ? ONE - 1 : 0) - chance) * RATES[seen]) >> RATE_BITS);
      if (seen < MOST_SEEN) this.seen[context] = seen + 1;
    }

    // A small number, at most `most`, with contexts from `context` on.
    count(context, most) {
      let value = 0;
      while (value < most && this.decide(context + value)) value++;
      return value;
    }

    // Any number from 0 on, with NUMBER_CONTEXTS from `context` on.
    number(context) {
      let length = 0;
      while (this.decide(context + length)) length++;
      const inside = context + NUMBER_BITS * (length + 1);
      let value = 1;
      for (let place = length - 1; place >= 0; place--) value = value * 2 + this.decide(inside + place);
      return value - 1;
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
