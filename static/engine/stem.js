// The stem of an English word: M. F. Porter, "An algorithm for suffix stripping", 1980, with y as neither vowel nor consonant
// inside a measure and its repairs of -ed and -ing for words of two letters only, as the server's stemmer has them. Takes
// words of a to z.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  const SEQUENCE = "^(?:[^aeiouy]+)?[aeiou]+[^aeiouy]+";
  const MEASURE_ABOVE_0 = new RegExp(SEQUENCE);
  const MEASURE_1 = new RegExp(SEQUENCE + "(?:[aeiou]+)?$");
  const MEASURE_ABOVE_1 = new RegExp(SEQUENCE + "[aeiou]+[^aeiouy]+");
  const HAS_VOWEL = /^(?:[^aeiouy]+)?[aeiouy]/;
  const SHORT = /^[^aeiouy]+[aeiouy][^aeiouwxy]$/;
  const DERIVED = suffixes(
    "ational:ate tional:tion enci:ence anci:ance izer:ize bli:ble alli:al entli:ent eli:e ousli:ous ization:ize ation:ate" +
      " ator:ate alism:al iveness:ive fulness:ful ousness:ous aliti:al iviti:ive biliti:ble logi:log",
  );
  const QUALITY = suffixes("icate:ic ative: alize:al iciti:ic ical:ic ful: ness:");
  const LAST = suffixes("al: ance: ence: er: ic: able: ible: ant: ement: ment: ent: ou: ism: ate: iti: ous: ive: ize:");

  // Pairs of an ending and what stands for it by their last letter, the longest first: of several that fit it is meant.
  function suffixes(text) {
    const found = {};
    for (const pair of text.split(" ").map((one) => one.split(":"))) {
      const last = pair[0][pair[0].length - 1];
      (found[last] = found[last] || []).push(pair);
    }
    for (const pairs of Object.values(found)) pairs.sort((a, b) => b[0].length - a[0].length);
    return found;
  }

  // `word` with the ending that it has replaced, if what is left is long enough; null when it has none of these endings.
  function replaced(word, endings, measure) {
    for (const [ending, instead] of endings[word[word.length - 1]] || []) {
      if (word.length > ending.length && word.endsWith(ending)) {
        const rest = word.slice(0, -ending.length);
        return measure.test(rest) ? rest + instead : word;
      }
    }
    return null;
  }

  function withoutPlural(word) {
    if (word.endsWith("sses") || word.endsWith("ies")) return word.slice(0, -2);
    return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
  }

  function withoutPast(word) {
    if (word.endsWith("eed")) return MEASURE_ABOVE_0.test(word.slice(0, -3)) ? word.slice(0, -1) : word;
    const ending = word.endsWith("ed") ? 2 : word.endsWith("ing") ? 3 : 0;
    if (!ending || !HAS_VOWEL.test(word.slice(0, -ending))) return word;
    const rest = word.slice(0, -ending);
    if (/^(?:at|bl|iz)$/.test(rest)) return rest + "e";
    if (/^([^aeiouylsz])\1$/.test(rest)) return rest[0];
    return SHORT.test(rest) ? rest + "e" : rest;
  }

  function withoutFinal(word) {
    const shorter = replaced(word, LAST, MEASURE_ABOVE_1);
    if (shorter !== null) return shorter;
    const isAction = word.length > 4 && (word.endsWith("sion") || word.endsWith("tion"));
    return isAction && MEASURE_ABOVE_1.test(word.slice(0, -3)) ? word.slice(0, -3) : word;
  }

  function withoutE(word) {
    if (word.length < 2 || !word.endsWith("e")) return word;
    const rest = word.slice(0, -1);
    return MEASURE_ABOVE_1.test(rest) || (MEASURE_1.test(rest) && !SHORT.test(rest)) ? rest : word;
  }

  engine.porterStem = function (word) {
    if (word.length < 3) return word;
    const startsWithY = word[0] === "y"; // a consonant there
    if (startsWithY) word = "Y" + word.slice(1);
    word = withoutPast(withoutPlural(word));
    if (word.endsWith("y") && HAS_VOWEL.test(word.slice(0, -1))) word = word.slice(0, -1) + "i";
    const derived = replaced(word, DERIVED, MEASURE_ABOVE_0);
    if (derived !== null) word = derived;
    const plain = replaced(word, QUALITY, MEASURE_ABOVE_0);
    if (plain !== null) word = plain;
    word = withoutE(withoutFinal(word));
    if (word.endsWith("ll") && MEASURE_ABOVE_1.test(word)) word = word.slice(0, -1);
    return startsWithY ? "y" + word.slice(1) : word;
  };
})(typeof globalThis === "undefined" ? this : globalThis);
