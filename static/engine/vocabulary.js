// Words that mean the same, found in sequences of terms: kb/vocabulary.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const GLUE = "\n"; // between terms, stands in none

  // A variant of a concept in the data as its terms.
  engine.termsOfVariant = function (variant) {
    return variant.split(GLUE);
  };

  engine.Vocabulary = class {
    // concepts: lists of a name and variants.
    constructor(concepts, mark) {
      this.variants = new Map();
      this.longest = 0;
      this.starts = new Set();
      for (const [name, ...variants] of concepts) variants.forEach((variant) => this.add(variant, mark + name));
    }

    add(variant, concept) {
      const concepts = this.variants.get(variant) || [];
      if (!concepts.includes(concept)) this.variants.set(variant, concepts.concat([concept]));
      const terms = engine.termsOfVariant(variant);
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
