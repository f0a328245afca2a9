// Which documents satisfy the operators of a query: words and phrases that must, or must not, stand in a field or anywhere.
//
// The table knows the words of questions, aliases and error texts. For other fields, and for what stands anywhere,
// the texts of the documents that hold all of the words decide: `documentsOf` says which should be loaded before. Of a
// document whose text is not there, and where there are too many of them, the words alone decide.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const KNOWN_FIELDS = ["question", "aliases", "errors"];
  const MOST_TEXTS = 100;

  engine.Conditions = class {
    // textOf: what the writers of a document wrote, lists of texts by field; null if it is not loaded.
    constructor(table, fields, analyzer, textOf) {
      Object.assign(this, { table, fields, analyzer, textOf });
      this.read = new Map();
    }

    // Numbers of the documents that hold every first term of the words of `condition`, as far as the table knows.
    holding(condition) {
      const isKnown = KNOWN_FIELDS.includes(condition.field);
      const bits = isKnown ? 1 << this.fields.indexOf(condition.field) : 0;
      const { terms, starts, fields, documents } = this.table;
      const found = condition.terms.map(([first]) => {
        const here = new Set();
        const term = terms.get(first);
        if (term === undefined) return here;
        for (let row = starts[term]; row < starts[term + 1]; row++) {
          if (!isKnown || fields[row] & bits) here.add(documents[row]);
        }
        return here;
      });
      return Array.from(found[0]).filter((document) => found.every((here) => here.has(document)));
    }

    needsTexts(condition, holding) {
      return !KNOWN_FIELDS.includes(condition.field) && holding.length <= MOST_TEXTS;
    }

    // Numbers of the documents whose texts decide whether they satisfy `conditions`.
    documentsOf(conditions) {
      const found = conditions.map((condition) => [condition, this.holding(condition)]);
      const needed = found.filter(([condition, holding]) => this.needsTexts(condition, holding));
      return Array.from(new Set(needed.flatMap(([, holding]) => holding)));
    }

    // The words of a document by field, each as its terms, and the words that two neighbours give when written as one.
    wordsOf(document) {
      const text = this.textOf(document);
      if (!text || this.read.has(document)) return this.read.get(document) || null;
      const found = { anywhere: [], joined: {}, fields: {} };
      for (const [field, texts] of Object.entries(text)) {
        const inField = (found.fields[field] = new Set());
        for (const one of texts) {
          let before = null;
          for (const word of this.analyzer.words(one)) {
            found.anywhere.push(word.terms);
            word.terms.forEach((term) => inField.add(term));
            if (before) inField.add(this.analyzer.joined(before, word, one));
            before = word;
          }
        }
      }
      this.read.set(document, found);
      return found;
    }

    isHeldIn(document, condition) {
      const words = this.wordsOf(document);
      if (!words) return true;
      const firsts = condition.terms.map((terms) => terms[0]);
      if (condition.field !== "text") return firsts.every((term) => words.fields[condition.field]?.has(term));
      const { anywhere } = words;
      return anywhere.some((_, start) =>
        firsts.every((term, place) => start + place < anywhere.length && anywhere[start + place].includes(term)),
      );
    }

    // A list that says of each document whether it satisfies, of every group, at least one condition.
    satisfying(conditions) {
      const groups = new Map();
      for (const condition of conditions) {
        const holding = this.holding(condition);
        const isHeld = this.needsTexts(condition, holding) ? (document) => this.isHeldIn(document, condition) : () => true;
        const holders = new Set(holding.filter(isHeld));
        const satisfied = groups.get(condition.group) || new Array(this.table.nDocuments).fill(false);
        groups.set(
          condition.group,
          satisfied.map((is, document) => is || holders.has(document) !== condition.mustNot),
        );
      }
      const every = Array.from(groups.values());
      return every[0].map((_, document) => every.every((satisfied) => satisfied[document]));
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
