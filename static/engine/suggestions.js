// Entries whose wording holds the words typed so far, the last one perhaps unfinished: kb/suggestions.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  engine.Suggester = class {
    // source: {words, holders}: sorted words, and for each the numbers of the documents that hold it in a wording.
    constructor(source, titles, analyzer, most) {
      Object.assign(this, { source, titles, analyzer, most });
    }

    split(text) {
      return this.analyzer.fold(text).match(this.analyzer.patterns.suggested_word) || [];
    }

    startingWith(start) {
      const { words, holders } = this.source;
      let low = 0;
      let high = words.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (words[middle] < start) low = middle + 1;
        else high = middle;
      }
      const found = new Set();
      for (; low < words.length && words[low].startsWith(start); low++) holders[low].forEach((one) => found.add(one));
      return found;
    }

    // Numbers of what holds every word of `text` or a word that starts with it; those with all in the title first.
    matching(text) {
      const typed = this.split(text);
      const last = typed.pop();
      if (last === undefined) return [];
      const needed = typed.filter((word) => !this.analyzer.isStop([word])).concat([last]);
      const sets = needed.map((word) => this.startingWith(word));
      const found = Array.from(sets[0]).filter((place) => sets.every((set) => set.has(place)));
      const isInTitle = (place) => {
        const title = this.split(this.titles[place]);
        return needed.every((start) => title.some((word) => word.startsWith(start)));
      };
      const after = new Map(found.map((place) => [place, isInTitle(place) ? 0 : 1]));
      return found.sort((a, b) => after.get(a) - after.get(b) || a - b);
    }

    // ranked: numbers of the documents of an answer to `text` as if it were finished.
    suggest(text, ranked) {
      const matching = this.matching(text);
      const first = ranked.filter((place) => matching.includes(place));
      return Array.from(new Set([...first, ...matching, ...ranked])).slice(0, this.most);
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
