// Terms to their numbers: kb/browser_table.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  // FNV-1a of the UTF-16 units of `term`, its upper `bits`.
  function hashOf(term, bits) {
    let value = 0x811c9dc5;
    for (let place = 0; place < term.length; place++) value = Math.imul(value ^ term.charCodeAt(place), 0x01000193);
    return Math.imul(value, 0x9e3779b1) >>> (32 - bits);
  }

  // Numbers go to the terms that are spelled, then to those known by a hash only, then to concepts.
  engine.Terms = class {
    // hashes: sorted, of so many bits. concepts: their terms, without a hash.
    constructor(spelled, hashes, bits, concepts) {
      Object.assign(this, { hashes, bits });
      this.firstHashed = spelled.length;
      this.firstConcept = spelled.length + hashes.length;
      this.size = this.firstConcept + concepts.length;
      this.spelled = new Map(spelled.map((term, number) => [term, number]));
      this.concepts = new Map(concepts.map((term, number) => [term, this.firstConcept + number]));
    }

    // undefined for an unknown term
    get(term) {
      const number = this.spelled.get(term) ?? this.concepts.get(term);
      return number === undefined && term ? this.hashed(term) : number;
    }

    has(term) {
      return this.get(term) !== undefined;
    }

    hashed(term) {
      const { hashes } = this;
      const hash = hashOf(term, this.bits);
      let low = 0;
      let high = hashes.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (hashes[middle] < hash) low = middle + 1;
        else high = middle;
      }
      return hashes[low] === hash ? this.firstHashed + low : undefined;
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
