// The impact table out of its text, in the order in which kb/browser_table.py wrote it, with the same contexts.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const { fround, imul, min, max } = Math;
  const NUMBER = engine.NUMBER_CONTEXTS;
  const SIZES = 12;
  const MOST_WORDINGS = 40;
  const DENSE = 8;
  const PARTS = 32;
  const KINDS = ["question", "aliases", "asked", "errors"];
  const ERRORS = 3;

  // The class of a number: itself up to 3, then one for each doubling.
  function sizeOf(value) {
    return value < 4 ? value : min(SIZES - 1, 33 - Math.clz32(value));
  }

  function layout(steps) {
    const sizes = {
      gap: NUMBER, nWordings: 4 * NUMBER, nDocuments: 2 * NUMBER, held: 2 * 3 * 2 * (PARTS + 1), skipped: 2 * SIZES * NUMBER,
      step: SIZES * 2 * 2 * 2 * (steps + 1), asked: (steps + 1) * SIZES * 2 * MOST_WORDINGS, isAsked: (steps + 1) * SIZES,
      aliases: (steps + 1) * SIZES * 2 * MOST_WORDINGS, question: (steps + 1) * SIZES * 2,
      errors: (steps + 1) * SIZES * 2 * MOST_WORDINGS, wording: 4 * (PARTS + 1) * 4 * 4,
    }; // prettier-ignore
    const starts = {};
    let end = 0;
    for (const [name, size] of Object.entries(sizes)) {
      starts[name] = end;
      end += size;
    }
    return { ...starts, end };
  }

  function hashOf(term, bits) {
    let value = 0x811c9dc5;
    for (let place = 0; place < term.length; place++) value = imul(value ^ term.charCodeAt(place), 0x01000193);
    return imul(value, 0x9e3779b1) >>> (32 - bits);
  }

  // Terms to their numbers. Some are known by a hash only.
  class Terms {
    constructor(mark) {
      this.mark = mark;
      this.spelled = new Map();
      this.hashed = new Map();
      this.bits = 0;
      this.size = 0;
    }

    add(term) {
      this.spelled.set(term, this.size++);
    }

    addHash(hash) {
      this.hashed.set(hash, this.size++);
    }

    get(term) {
      const number = this.spelled.get(term);
      if (number !== undefined || !term || term.startsWith(this.mark)) return number;
      return this.hashed.get(hashOf(term, this.bits));
    }

    has(term) {
      return this.get(term) !== undefined;
    }
  }

  class Reader {
    constructor(packed, nDocuments, nEntries) {
      Object.assign(this, { packed, nDocuments, nEntries, steps: packed.steps });
      this.at = layout(packed.steps);
      this.code = new engine.Decoder(packed.code, this.at.end);
    }

    hashes() {
      const found = [];
      let last = 0;
      for (let n = 0; n < this.packed.hashed; n++) found.push((last += this.code.number(this.at.gap)));
      return found;
    }

    wordingCounts() {
      const counts = [];
      for (let document = 0; document < this.nDocuments; document++) {
        counts.push(KINDS.map((_, kind) => this.code.number(this.at.nWordings + kind * NUMBER)));
      }
      return counts;
    }

    // The documents of a term. expected: of a concept, for every document, how surely it holds it.
    places(nature, nHolders, expected) {
      const { at, code, nDocuments, nEntries } = this;
      const found = [];
      let place = 0;
      let left = nHolders;
      while (left && left < nDocuments - place) {
        const rest = nDocuments - place;
        if (expected || left * DENSE >= rest) {
          const isGuide = place >= nEntries ? 1 : 0;
          const kind = (nature * 3 + (expected ? expected[place] : 0)) * 2 + isGuide;
          if (code.decide(at.held + kind * (PARTS + 1) + Math.floor((left * PARTS) / rest))) {
            found.push(place);
            left--;
          }
          place++;
        } else {
          const context = nature * SIZES + sizeOf(Math.floor(rest / left));
          place += code.number(at.skipped + context * NUMBER);
          found.push(place++);
          left--;
        }
      }
      for (; left; left--) found.push(place++);
      return found;
    }

    // What a term is to a document: writes it into `rows`.
    row(rows, term, document, nature, stop, size, counts) {
      const { at, code, steps } = this;
      const guide = document >= this.nEntries ? 1 : 0;
      const step = code.count(at.step + (((size * 2 + guide) * 2 + nature) * 2 + stop) * (steps + 1), steps);
      const base = step * SIZES + size;
      let asked = 0;
      let aliases = 0;
      let isAsked = 0;
      let questions = 0;
      let errors = 0;
      if (counts[2]) {
        asked = code.count(at.asked + (base * 2 + stop) * MOST_WORDINGS, min(counts[2], MOST_WORDINGS));
        isAsked = asked ? 1 : code.decide(at.isAsked + base);
      }
      if (counts[1]) {
        const context = ((step * SIZES + sizeOf(asked)) * 2 + guide) * MOST_WORDINGS;
        aliases = code.count(at.aliases + context, min(counts[1], MOST_WORDINGS));
      }
      if (counts[0]) questions = code.decide(at.question + (step * SIZES + sizeOf(aliases)) * 2 + guide);
      if (counts[3]) errors = code.count(at.errors + (base * 2 + guide) * MOST_WORDINGS, min(counts[3], MOST_WORDINGS));
      const row = rows.add(term, document, step, isAsked);
      rows.wordings[0][row] = questions;
      rows.wordings[1][row] = aliases;
      rows.wordings[2][row] = asked;
      rows.wordings[3][row] = errors;
    }

    // Which of the terms that still have to stand in one of the last `rest` wordings stand in the first of them.
    // flat: the terms of all wordings, of which `first` are there already; how many there are then comes back.
    wording(kind, rest, terms, left, concepts, flat, first) {
      let end = first;
      for (let place = 0; place < terms.length; place++) {
        const times = left[place];
        if (!times) continue;
        const term = terms[place];
        let isHere = 1;
        if (times < rest) {
          const nFound = end - first;
          const variants = concepts.get(term);
          const expected = variants ? (isSaid(variants, flat.subarray(first, end)) ? 3 : 2) : 0;
          const share = Math.floor((times * PARTS) / rest);
          const context = ((kind * (PARTS + 1) + share) * 4 + expected) * 4 + min(3, Math.floor(nFound / 3));
          isHere = this.code.decide(this.at.wording + context);
        }
        if (isHere) {
          left[place]--;
          flat[end++] = term;
        }
      }
      return end;
    }
  }

  // Whether all terms of a variant are among `terms`.
  function isSaid(variants, terms) {
    return variants.some((variant) => variant.every((term) => terms.includes(term)));
  }

  // So many rows of terms, in lists side by side.
  class Rows {
    constructor(size) {
      this.length = 0;
      this.starts = [];
      this.terms = new Int32Array(size);
      this.documents = new Int32Array(size);
      this.steps = new Uint8Array(size);
      this.isAsked = new Uint8Array(size);
      this.wordings = KINDS.map(() => new Uint8Array(size));
    }

    add(term, document, step, isAsked) {
      this.terms[this.length] = term;
      this.documents[this.length] = document;
      this.steps[this.length] = step;
      this.isAsked[this.length] = isAsked;
      return this.length++;
    }
  }

  // Numbers of the terms of every variant of a concept that has only known terms.
  function variantsOf(concept, terms, analyzer) {
    const variants = concept.map((variant) => analyzer.primaryTerms(variant).map((term) => terms.get(term)));
    return variants.filter((numbers) => numbers.length && numbers.every((number) => number !== undefined));
  }

  // For every document how surely it holds a concept: 2 with a variant of one word, 1 with all words of another, else 0.
  function expectedHolders(variants, rows, nDocuments) {
    const found = new Uint8Array(nDocuments);
    for (const variant of variants) {
      const different = Array.from(new Set(variant));
      const held = new Uint8Array(nDocuments);
      for (const term of different) {
        for (let row = rows.starts[term]; row < rows.starts[term + 1]; row++) held[rows.documents[row]]++;
      }
      const value = variant.length === 1 ? 2 : 1;
      for (let document = 0; document < nDocuments; document++) {
        if (held[document] === different.length && found[document] < value) found[document] = value;
      }
    }
    return found;
  }

  function rarity(nWith, n, power) {
    return fround(fround(Math.log1p((n - nWith + 0.5) / (nWith + 0.5))) ** power);
  }

  // Places where the rows of each term start, given how many each has.
  function startsOf(counts) {
    const starts = new Int32Array(counts.length + 1);
    for (let term = 0; term < counts.length; term++) starts[term + 1] = starts[term] + counts[term];
    return starts;
  }

  function impactTable(rows, data, rules, stops) {
    const { ranking } = data.settings;
    const n = data.documents.ids.length;
    const bits = KINDS.map((name) => 1 << rules.fields.indexOf(name));
    const nTerms = rows.starts.length - 1;
    const counts = new Int32Array(nTerms);
    for (let row = 0; row < rows.length; row++) if (rows.steps[row]) counts[rows.terms[row]]++;
    const starts = startsOf(counts);
    const idf = new Float64Array(nTerms);
    for (let term = 0; term < nTerms; term++) {
      const value = rarity(counts[term], n, ranking.idf_power);
      idf[term] = stops.has(term) ? min(value, ranking.stop_rarity) : value;
    }
    const size = starts[nTerms];
    const documents = new Int32Array(size);
    const impacts = new Float32Array(size);
    const fields = new Uint16Array(size);
    const unit = (ranking.k1 + 1) / data.table.steps;
    let at = 0;
    for (let row = 0; row < rows.length; row++) {
      if (!rows.steps[row]) continue;
      documents[at] = rows.documents[row];
      impacts[at] = idf[rows.terms[row]] * unit * rows.steps[row];
      fields[at] = rows.isAsked[row] ? bits[2] : 0;
      for (let kind = 0; kind < KINDS.length; kind++) {
        // the words without a topic stand in wordings of error texts, but not in the field
        if (rows.wordings[kind][row] && !(kind === ERRORS && stops.has(rows.terms[row]))) fields[at] |= bits[kind];
      }
      at++;
    }
    return { idf, documents, impacts, fields, starts, maxIdf: rarity(1, n, ranking.idf_power) };
  }

  // wordings: {documents, kinds, ends, flat}, the terms of all in one list.
  function wordingTable(wordings, nTerms, data, rules, stops, concepts) {
    const { ranking } = data.settings;
    const n = data.documents.ids.length;
    const { documents, kinds, ends, flat } = wordings;
    const holders = new Int32Array(nTerms); // documents with the term in a wording
    const counts = new Int32Array(nTerms);
    const last = new Int32Array(nTerms).fill(-1);
    for (let wording = 0, at = 0; wording < ends.length; wording++) {
      for (; at < ends[wording]; at++) {
        const term = flat[at];
        counts[term]++;
        if (last[term] !== documents[wording]) holders[term]++;
        last[term] = documents[wording];
      }
    }
    const idf = new Float64Array(nTerms);
    const values = new Float32Array(nTerms);
    for (let term = 0; term < nTerms; term++) {
      idf[term] = rarity(holders[term], n, ranking.wording_idf_power);
      const factor = concepts.has(term) ? ranking.synonym_weight : stops.has(term) ? ranking.wording_stop_weight : 1;
      values[term] = idf[term] * fround(factor);
    }
    const starts = startsOf(counts);
    const next = starts.slice();
    const numbers = new Int32Array(flat.length);
    const weights = new Float32Array(flat.length);
    for (let wording = 0, first = 0; wording < ends.length; first = ends[wording++]) {
      let sum = 0;
      for (let at = first; at < ends[wording]; at++) sum += fround(values[flat[at]] * values[flat[at]]);
      const mass = max(fround(Math.sqrt(sum)), 1e-6);
      for (let at = first; at < ends[wording]; at++) {
        const place = next[flat[at]]++;
        numbers[place] = wording;
        weights[place] = values[flat[at]] / mass;
      }
    }
    return {
      wordingIdf: idf,
      wordingStarts: starts,
      wordings: numbers,
      wordingWeights: weights,
      wordingDocument: documents,
      wordingKind: kinds.map((kind) => rules.fields.indexOf(KINDS[kind])),
    };
  }

  function readWordings(reader, counts, rows, concepts) {
    const held = counts.map(() => []); // rows of every document
    for (let row = 0; row < rows.length; row++) held[rows.documents[row]].push(row);
    const flat = new Int32Array(reader.packed.in_wordings);
    const found = { documents: [], kinds: [], ends: [], flat };
    let end = 0;
    counts.forEach((ofKinds, document) => {
      ofKinds.forEach((count, kind) => {
        const times = rows.wordings[kind];
        const holding = held[document].filter((row) => times[row]);
        const terms = holding.map((row) => rows.terms[row]);
        const left = holding.map((row) => times[row]);
        for (let rest = count; rest; rest--) {
          end = reader.wording(kind, rest, terms, left, concepts, flat, end);
          found.documents.push(document);
          found.kinds.push(kind);
          found.ends.push(end);
        }
      });
    });
    return found;
  }

  // The table, ready to be looked up in.
  engine.readTable = function (data, rules, analyzer) {
    const packed = data.table;
    const mark = rules.concept_mark;
    const nDocuments = data.documents.ids.length;
    const reader = new Reader(packed, nDocuments, data.documents.n_entries);
    const terms = new Terms(mark);
    packed.spelled.forEach((term) => terms.add(term));
    terms.bits = packed.hash_bits;
    reader.hashes().forEach((hash) => terms.addHash(hash));
    const firstConcept = terms.size;
    packed.concepts.forEach((concept) => terms.add(concept));
    const byName = new Map(data.vocabulary.map((concept) => [mark + concept[0], concept]));
    const concepts = new Map(
      packed.concepts.map((name) => [terms.get(name), variantsOf(byName.get(name), terms, analyzer)]),
    );
    const stops = new Set();
    for (const term of analyzer.stopTerms) if (terms.spelled.has(term) || terms.has(term)) stops.add(terms.get(term));
    const counts = reader.wordingCounts();
    const rows = new Rows(packed.rows);
    for (let term = 0; term < terms.size; term++) {
      const nature = term < firstConcept ? 0 : 1;
      const nHolders = reader.code.number(reader.at.nDocuments + nature * NUMBER);
      const expected = nature ? expectedHolders(concepts.get(term), rows, nDocuments) : null;
      const size = sizeOf(nHolders);
      const stop = stops.has(term) ? 1 : 0;
      rows.starts.push(rows.length);
      for (const document of reader.places(nature, nHolders, expected)) {
        reader.row(rows, term, document, nature, stop, size, counts[document]);
      }
      if (term === terms.size - 1) rows.starts.push(rows.length);
    }
    const wordings = readWordings(reader, counts, rows, concepts);
    return {
      terms,
      nDocuments,
      questionStyle: packed.question_style,
      ...impactTable(rows, data, rules, stops),
      ...wordingTable(wordings, terms.size, data, rules, stops, concepts),
    };
  };
})(typeof globalThis === "undefined" ? this : globalThis);
