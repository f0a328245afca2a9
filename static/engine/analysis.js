// Text to words and terms, as kb/analysis.py does it, by the same patterns and lists of words.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const MARKS = /\p{Mn}/gu; // what is left of an accent

  // The patterns of the data as regular expressions, each made when it is first asked for.
  // whole: names of those that must match a text from end to end.
  engine.patterns = function (sources, whole) {
    const found = {};
    for (const [name, [source, flags]] of Object.entries(sources)) {
      let pattern = null;
      Object.defineProperty(found, name, {
        get() {
          if (!pattern) pattern = new RegExp(whole.includes(name) ? "^(?:" + source + ")$" : source, flags + "g");
          return pattern;
        },
      });
    }
    return found;
  };

  // Whether `pattern`, which may be a global one, is found in `text`.
  engine.holds = function (text, pattern) {
    return text.search(pattern) >= 0;
  };

  function withoutAccents(word) {
    return /^[\0-\x7f]*$/.test(word) ? word : word.normalize("NFKD").replace(MARKS, "").replace(/ß/g, "ss");
  }

  function fold(word) {
    return withoutAccents(word).toLowerCase();
  }

  // rules: `patterns` as above, and `stop`, `one_word`, `never_stemmed`, `most_term_chars` of the data.
  engine.Analyzer = class {
    constructor(rules, patterns) {
      this.patterns = patterns;
      this.oneWord = new Set(rules.one_word);
      this.neverStemmed = new Set(rules.never_stemmed);
      this.mostChars = rules.most_term_chars;
      this.remembered = new Map();
      this.stopWords = new Set(rules.stop);
      this.stopTerms = new Set(rules.stop);
      for (const word of rules.stop) this.stopTerms.add(this.stem(word));
    }

    fold(word) {
      return fold(word);
    }

    letters(word) {
      return fold(word.replace(this.patterns.apostrophe, ""));
    }

    stem(word) {
      if (word.length <= 3 || !/^[a-z]+$/i.test(word) || this.neverStemmed.has(word)) return word;
      return engine.porterStem(word);
    }

    cut(term) {
      return term.length <= this.mostChars ? term : Array.from(term).slice(0, this.mostChars).join("");
    }

    // The terms of one raw word. The first is the word itself, its parts follow.
    wordTerms(word) {
      let terms = this.remembered.get(word);
      if (!terms) this.remembered.set(word, (terms = this.termsOf(word)));
      return terms;
    }

    termsOf(word) {
      const patterns = this.patterns;
      if (/^[a-z]+$/.test(word)) return [this.cut(this.stem(word))];
      if (engine.holds(word, patterns.unspaced)) return this.unspacedTerms(word);
      if (word.startsWith("-D")) {
        return [this.cut(fold(word.replace(patterns.sign, ""))), ...this.termsOf(word.slice(2))];
      }
      word = withoutAccents(word.replace(patterns.apostrophe, ""));
      if (engine.holds(word, patterns.plural_of_capitals)) word = word.slice(0, -1);
      const pieces = word.match(patterns.part) || [];
      if (!word.includes("_") && (pieces.length < 2 || this.oneWord.has(word.toLowerCase()))) {
        return word ? [this.cut(this.stem(fold(word)))] : [];
      }
      if (engine.holds(word, patterns.encoded)) return [this.cut(fold(word))];
      const whole = this.stem(fold(word).replace(patterns.sign_beside_numbers, ""));
      const segments = word.split(patterns.segment).filter(Boolean);
      const parts = new Set();
      for (const segment of segments) {
        if (segments.length > 1 && segment.includes("_")) this.termsOf(segment).slice(0, 1).forEach((name) => parts.add(name));
      }
      for (const piece of pieces) {
        if (Array.from(piece).length > 1 || /^[\p{Nd}\p{No}]$/u.test(piece)) parts.add(this.stem(fold(piece)));
      }
      parts.delete(whole);
      const found = [whole, ...Array.from(parts).filter((part) => !this.stopWords.has(part))];
      return found.filter(Boolean).map((term) => this.cut(term));
    }

    unspacedTerms(word) {
      const found = new Set();
      for (const run of word.match(this.patterns.unspaced)) {
        for (let at = 0; at < run.length - 1; at++) found.add(run.slice(at, at + 2));
        if (run.length === 1) found.add(run);
      }
      const others = word.replace(this.patterns.unspaced, " ").trim();
      if (others) others.split(/\s+/).forEach((other) => found.add(fold(other)));
      return Array.from(found);
    }

    isStop(terms) {
      return terms.length === 1 && this.stopTerms.has(terms[0]);
    }

    // The words of `text` in order: {start, end, terms}. Those without a topic are left out unless asked for.
    words(text, keepStopWords) {
      const found = [];
      for (const match of text.matchAll(this.patterns.word)) {
        const terms = this.wordTerms(match[0]);
        if (terms.length && (keepStopWords || !this.isStop(terms))) {
          found.push({ start: match.index, end: match.index + match[0].length, terms });
        }
      }
      return found;
    }

    primaryTerms(text) {
      return this.words(text, true).map((word) => word.terms[0]);
    }

    // The term of two neighbouring words written as one; empty if they are far apart.
    joined(first, second, text) {
      if (second.start - first.end > 1) return "";
      return this.stem(fold(text.slice(first.start, first.end) + text.slice(second.start, second.end)));
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
