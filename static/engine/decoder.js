// Reads the decisions that kb/range_coder.py wrote, with the same probabilities: whole numbers only, all below 2 ** 30,
// which JavaScript engines keep as plain integers.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const ONE = 65536; // a probability of 1
  const LEAST = 48;
  const RATE_BITS = 14; // products stay below 2 ** 30
  const LEAST_RANGE = 1 << 22;
  const NUMBER_BITS = 24;
  const END = 0xa5;
  // Of a context the probability of a yes, and in the lower bits the decisions counted, are one number.
  const SEEN_BITS = 6;
  const MOST_SEEN = 60;
  const SEEN = (1 << SEEN_BITS) - 1;
  const RATES = new Int32Array(MOST_SEEN + 1);
  for (let seen = 0; seen <= MOST_SEEN; seen++) RATES[seen] = Math.floor((1 << RATE_BITS) / (seen + 1.6));

  engine.NUMBER_CONTEXTS = NUMBER_BITS * (NUMBER_BITS + 1);

  engine.damaged = function () {
    return new Error("index.js is damaged; export the copy again");
  };

  function bytesOf(text) {
    try {
      return atob(text);
    } catch {
      throw engine.damaged();
    }
  }

  engine.Decoder = class {
    // Throws for a text that is none in base 64.
    constructor(text, nContexts) {
      this.bytes = bytesOf(text);
      this.at = 0;
      this.states = new Int32Array(nContexts).fill((ONE / 2) << SEEN_BITS);
      this.range = (1 << 30) - 1;
      this.code = 0; // where in the range
      for (let place = 0; place < 4; place++) this.code = (this.code << 8) | this.nextByte();
    }

    nextByte() {
      return this.at < this.bytes.length ? this.bytes.charCodeAt(this.at++) : 0;
    }

    // 1 or 0. Most of the time of reading goes into this.
    decide(context) {
      const state = this.states[context];
      const chance = state >>> SEEN_BITS;
      const seen = state & SEEN;
      const used = chance < LEAST ? LEAST : chance > ONE - LEAST ? ONE - LEAST : chance;
      const middle = Math.imul(this.range >>> 14, used) >>> 2;
      let moved = 0;
      let isYes = 0;
      if (this.code < middle) {
        this.range = middle;
        moved = chance + (Math.imul(ONE - 1 - chance, RATES[seen]) >> RATE_BITS);
        isYes = 1;
      } else {
        this.code -= middle;
        this.range -= middle;
        moved = chance - (Math.imul(chance, RATES[seen]) >> RATE_BITS);
      }
      this.states[context] = (moved << SEEN_BITS) | (seen < MOST_SEEN ? seen + 1 : seen);
      while (this.range < LEAST_RANGE) this.shift();
      return isYes;
    }

    shift() {
      this.range <<= 8;
      this.code = (this.code << 8) | this.nextByte();
    }

    // `n` bits that nothing was known of.
    bits(n) {
      this.range >>>= n;
      const value = (this.code / this.range) | 0;
      this.code -= value * this.range;
      while (this.range < LEAST_RANGE) this.shift();
      return value;
    }

    // A small number, at most `most`, with contexts from `context` on.
    count(context, most) {
      let value = 0;
      while (value < most && this.decide(context + value)) value++;
      return value;
    }

    // One of 2 ** nBits values, with as many contexts from `context` on.
    choice(context, nBits) {
      let node = 1;
      for (let bit = 0; bit < nBits; bit++) node = node * 2 + this.decide(context + node);
      return node - (1 << nBits);
    }

    // Any number from 0 on, with NUMBER_CONTEXTS from `context` on.
    number(context) {
      let length = 0;
      while (this.decide(context + length)) if (++length === NUMBER_BITS) throw engine.damaged();
      const inside = context + NUMBER_BITS * (length + 1);
      let value = 1;
      for (let place = length - 1; place >= 0; place--) value = value * 2 + this.decide(inside + place);
      return value - 1;
    }

    // Throws if what was read is not all there was, or not what was written.
    end() {
      if (this.bits(8) !== END || this.at < this.bytes.length - 4) throw engine.damaged();
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
