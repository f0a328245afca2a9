// Words that mean the same, found in sequences of terms: kb/vocabulary.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const GLUE = "\n"; // stands in no term

  engine.Vocabulary = class {
    // concepts: lists of variants, the first of which names the concept.
    constructor(concepts, analyzer, mark) {
      this.variants = new Map();
      this.longest = 0;
      this.starts = new Set();
      for (const concept of concepts) {
        for (const variant of concept) this.add(analyzer.primaryTerms(variant), mark + concept[0]);
      }
    }

    add(terms, concept) {
      if (!terms.length) return;
      const key = terms.join(GLUE);
      const concepts = this.variants.get(key) || [];
      if (!concepts.includes(concept)) this.variants.set(key, concepts.concat([concept]));
      this.longest = Math.max(this.longest, terms.length);
      this.starts.add(terms[0]);
    }

    // The variants in `terms` from left to right, the longest at each place: {start, end, concepts}.
    find(terms) {
      const found = [];
      terms.forEach((term, start) => {
        if (!this.starts.has(term)) return;
        for (let length = Math.min(this.longest, terms.length - start); length > 0; length--) {
          const concepts = this.variants.get(terms.slice(start, start + length).join(GLUE));
          if (concepts) {
            found.push({ start, end: start + length, concepts });
            return;
          }
        }
      });
      return found;
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
