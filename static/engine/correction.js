// Words nobody wrote, and what was probably meant: kb/correction.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  function sorted(word) {
    return Array.from(word).sort().join("");
  }

  // Slips between two words (a letter more, less, other, or two neighbours swapped); `most` + 1 for more than `most`.
  function slips(a, b, most) {
    let before = [];
    let last = [];
    for (let j = 0; j <= b.length; j++) last.push(j);
    for (let i = 1; i <= a.length; i++) {
      const row = [i];
      let least = i;
      for (let j = 1; j <= b.length; j++) {
        let value = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
        value = Math.min(value, last[j] + 1, row[j - 1] + 1);
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, before[j - 2] + 1);
        row.push(value);
        least = Math.min(least, value);
      }
      if (least > most) return most + 1;
      before = last;
      last = row;
    }
    return last[b.length];
  }

  function isLess(a, b) {
    for (let place = 0; place < a.length; place++) {
      if (a[place] !== b[place]) return a[place] < b[place];
    }
    return false;
  }

  function remember(known, word, find) {
    let found = known.get(word);
    if (found === undefined) known.set(word, (found = find()));
    return found;
  }

  engine.Corrector = class {
    // readWords: gives the Map of known words to their occurrences, or null while it cannot be had.
    // rules: `correction` and `common` of the data.
    constructor(readWords, rules, analyzer) {
      this.readWords = readWords;
      this.frequencies = null;
      this.numbers = rules.correction;
      this.endings = rules.correction.endings;
      this.common = new Set(rules.common.split(" "));
      this.analyzer = analyzer;
      this.alike = null;
      this.byStem = new Map(); // by first letter, which a word shares with its stem: occurrences by stem
      this.remembered = new Map();
      this.doubtful = new Map();
    }

    // Whether there are words to correct to.
    isReady() {
      if (!this.frequencies) this.frequencies = this.readWords();
      return Boolean(this.frequencies);
    }

    // The known words of a length that begin with a letter.
    wordsLike(length, letter) {
      if (!this.alike) {
        this.alike = new Map();
        for (const word of this.frequencies.keys()) {
          if (word.length >= this.numbers.shortest - 1) remember(this.alike, word.length + word[0], () => []).push(word);
        }
      }
      return this.alike.get(length + letter) || [];
    }

    // What was probably meant by an unknown word: a known one, two with a space, or "".
    suggest(word) {
      if (!this.isReady()) return "";
      return remember(this.remembered, word, () =>
        this.isCommon(word) ? "" : this.nearest(word, 1) || this.split(word) || this.nearest(word, 2),
      );
    }

    // The same for a word whose stem alone is known: one slip, to a word that is far more frequent.
    suggestForDoubtful(word) {
      if (!this.isReady() || this.frequencies.has(word)) return "";
      return remember(this.doubtful, word, () => {
        if (this.isInflected(word) || this.isCommon(word)) return "";
        const meant = this.nearest(word, 1);
        const least = this.numbers.doubtful * this.withStemOf(word);
        return meant && this.frequencies.get(meant) >= least ? meant : "";
      });
    }

    withStemOf(word) {
      const stems = remember(this.byStem, word[0], () => this.stemsFrom(word[0]));
      return stems.get(this.analyzer.stem(word)) || 0;
    }

    // Occurrences by stem of the words that begin with a letter.
    stemsFrom(letter) {
      const found = new Map();
      for (const [known, count] of this.frequencies) {
        if (known[0] !== letter) continue;
        const stem = this.analyzer.stem(known);
        found.set(stem, (found.get(stem) || 0) + count);
      }
      return found;
    }

    // What `word` may be a form of: itself, and itself without an ending.
    bases(word) {
      const found = [word];
      for (const ending of ["e", ...this.endings]) {
        if (word.endsWith(ending)) found.push(word.slice(0, word.length - ending.length));
      }
      return found.filter((base) => base.length >= this.numbers.shortest - 1);
    }

    isCommon(word) {
      return this.bases(word).some((base) => this.common.has(base));
    }

    isInflected(word) {
      const endings = ["", "e", ...this.endings];
      return this.bases(word).some((base) => endings.some((ending) => this.frequencies.has(base + ending)));
    }

    split(word) {
      const shortest = this.numbers.shortest_half;
      let best = "";
      let bestCount = this.numbers.frequent - 1;
      for (let cut = shortest; cut <= word.length - shortest; cut++) {
        const first = word.slice(0, cut);
        const second = word.slice(cut);
        const count = Math.min(this.frequencies.get(first) || 0, this.frequencies.get(second) || 0);
        if (count > bestCount) {
          best = first + " " + second;
          bestCount = count;
        }
      }
      return best;
    }

    nearest(word, most) {
      const { shortest, shortest_for_two: shortestForTwo, shortest_for_other: shortestForOther } = this.numbers;
      if (word.length < (most === 1 ? shortest : shortestForTwo) || /^[\p{Nd}\p{No}]/u.test(word)) return "";
      const letters = sorted(word);
      const isShort = word.length < shortestForOther;
      let best = null;
      for (let length = isShort ? word.length : word.length - most; length <= word.length + most; length++) {
        for (const known of this.candidates(word, length)) {
          const distance = slips(word, known, most);
          if (distance > most) continue;
          const isSwapped = sorted(known) === letters; // letters in the wrong order are the commonest slip
          if (isShort && length === word.length && !isSwapped) continue;
          const rank = [distance, isSwapped ? 0 : 1, -this.frequencies.get(known), known];
          if (!best || isLess(rank, best)) best = rank;
        }
      }
      return best ? best[3] : "";
    }

    // People rarely miss the first letter, but may swap it with the second.
    candidates(word, length) {
      const same = this.wordsLike(length, word[0]);
      if (word[1] === word[0]) return same;
      return same.concat(this.wordsLike(length, word[1]).filter((known) => known[1] === word[0]));
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
