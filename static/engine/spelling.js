// The words of the collection with how often each stands there, out of the text that kb/browser_spelling.py wrote.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const NUMBER = engine.NUMBER_CONTEXTS;
  const FAMILIAR = 2;
  const TABLE_BITS = 16;
  const OTHER = 31;
  // where the contexts of each kind of decision start
  const THREE = 0;
  const TWO = THREE + (1 << TABLE_BITS);
  const ONE = TWO + 32 * 32 * 32;
  const SHARED = ONE + 32 * 32;
  const UNIT = SHARED + NUMBER;
  const FREQUENCY = UNIT + NUMBER;
  const END = FREQUENCY + NUMBER;
  const contexts = [0, 0, 0];

  function hashed(value) {
    return Math.imul(value, 0x9e3779b1) >>> (32 - TABLE_BITS);
  }

  // The code of the letter after those with these codes; 0 at the end of the word.
  function letter(code, codes, length) {
    let three = 0;
    for (let back = 1; back <= 3 && back <= length; back++) three += (codes[length - back] + 1) << (5 * (back - 1));
    const last = length ? codes[length - 1] : 0;
    const two = TWO + ((length > 1 ? codes[length - 2] : 0) * 32 + last) * 32;
    const one = ONE + last * 32;
    let node = 1;
    for (let step = 0; step < 5; step++) {
      contexts[0] = THREE + hashed(three * 32 + node);
      contexts[1] = two + node;
      contexts[2] = one + node;
      let used = 0;
      while (used < 2 && code.seen[contexts[used]] < FAMILIAR) used++;
      const bit = code.read(code.chances[contexts[used]]);
      for (let place = 0; place < 3; place++) code.learn(contexts[place], bit);
      node = node * 2 + bit;
    }
    return node - 32;
  }

  // Map of words to their occurrences.
  engine.readSpelling = function (packed) {
    const code = new engine.Decoder(packed.code, END);
    const codes = new Uint8Array(1000);
    const words = [];
    let word = "";
    for (let n = 0; n < packed.words; n++) {
      word = word.slice(0, code.number(SHARED));
      for (;;) {
        const next = letter(code, codes, word.length);
        if (!next) break;
        codes[word.length] = next;
        word += String.fromCharCode(next === OTHER ? code.number(UNIT) : next + 96);
      }
      words.push(word);
    }
    const frequencies = new Map();
    for (const one of words) frequencies.set(one, code.number(FREQUENCY));
    return frequencies;
  };
})(typeof globalThis === "undefined" ? this : globalThis);
