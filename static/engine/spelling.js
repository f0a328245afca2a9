// The words of the collection with how often each stands there, out of the text that kb/browser_spelling.py wrote.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const WORD = /[A-Z][^A-Z0-9]*[0-9]*/g;
  const NONE_SHARED = 65; // A
  const NINE = 57;

  // The first characters of a word; those beyond U+FFFF are two units each.
  function firstOf(word, nCharacters) {
    return Array.from(word).slice(0, nCharacters).join("");
  }

  // Map of words to their occurrences.
  engine.readSpelling = function (packed) {
    const frequencies = new Map();
    const isPlain = !/[\ud800-\udfff]/.test(packed);
    let word = "";
    for (const item of packed.match(WORD) || []) {
      const shared = item.charCodeAt(0) - NONE_SHARED;
      let end = item.length;
      while (item.charCodeAt(end - 1) <= NINE) end--;
      word = (isPlain ? word.slice(0, shared) : firstOf(word, shared)) + item.slice(1, end);
      frequencies.set(word, end < item.length ? Number(item.slice(end)) : 1);
    }
    return frequencies;
  };
})(typeof globalThis === "undefined" ? this : globalThis);
