// Reads what kb/browser_table.py wrote, in the same order, with the same contexts. What is read stands in lists of numbers
// side by side: some hundred thousand decisions have to be read before a first question is answered.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const { min } = Math;
  const NUMBER = engine.NUMBER_CONTEXTS;
  const GAP_BITS = 7;
  const SIZES = 12;
  const MOST_WORDINGS = 40;
  const DENSE = 8;
  const PARTS = 32;
  const KINDS = 4; // of wordings: question, aliases, asked, errors

  // The class of a number: itself up to 3, then one for each doubling.
  function sizeOf(value) {
    return value < 4 ? value : min(SIZES - 1, 33 - Math.clz32(value));
  }

  function bitLength(value) {
    return 32 - Math.clz32(value);
  }

  function layout(steps) {
    const worded = (steps + 1) * SIZES * 2 * MOST_WORDINGS;
    const sizes = {
      gap: NUMBER, nWordings: KINDS * NUMBER, nDocuments: 2 * NUMBER, held: 2 * 3 * 2 * (PARTS + 1), skipped: 2 * SIZES * NUMBER,
      step: (SIZES * 2 * 2 * 2) << bitLength(steps), isWorded: (steps + 1) * SIZES * 4, asked: worded,
      isAsked: (steps + 1) * SIZES * 2, aliases: worded, question: (steps + 1) * SIZES * 2, errors: worded,
      wording: KINDS * (PARTS + 1) * 4 * 4,
    }; // prettier-ignore
    const starts = {};
    let end = 0;
    for (const [name, size] of Object.entries(sizes)) {
      starts[name] = end;
      end += size;
    }
    return { ...starts, end };
  }

  // Places where the rows of each start, given how many each has.
  engine.startsOf = function (counts) {
    const starts = new Int32Array(counts.length + 1);
    for (let place = 0; place < counts.length; place++) starts[place + 1] = starts[place] + counts[place];
    return starts;
  };

  engine.TableReader = class {
    constructor(packed, nDocuments, nEntries) {
      Object.assign(this, { packed, nDocuments, nEntries, steps: packed.steps, stepBits: bitLength(packed.steps) });
      this.at = layout(packed.steps);
      this.code = new engine.Decoder(packed.code, this.at.end);
      this.nRows = 0;
      this.terms = new Int32Array(packed.rows); // of every row, as all that follows
      this.documents = new Int32Array(packed.rows);
      this.stepOf = new Uint8Array(packed.rows);
      this.isAsked = new Uint8Array(packed.rows);
      this.times = new Uint8Array(packed.rows * KINDS); // in how many wordings of each kind it stands
    }

    hashes() {
      const found = new Int32Array(this.packed.hashed);
      let last = 0;
      for (let place = 0; place < found.length; place++) {
        last += (this.code.number(this.at.gap) << GAP_BITS) + this.code.bits(GAP_BITS);
        found[place] = last;
      }
      return found;
    }

    // Reads how many wordings of each kind the documents have: KINDS numbers for each.
    wordingCounts() {
      this.counts = new Int32Array(this.nDocuments * KINDS);
      let sum = 0;
      for (let place = 0; place < this.counts.length; place++) {
        sum += this.counts[place] = this.code.number(this.at.nWordings + (place % KINDS) * NUMBER);
      }
      if (sum !== this.packed.wordings) throw engine.damaged();
    }

    // Reads the rows of a term. nature: 1 for a concept. stop: 1 for a word without a topic.
    // expected: for every document how surely it holds a concept; 0 for other terms.
    rowsOf(term, nature, stop, expected) {
      const first = this.nRows;
      const nHolders = this.code.number(this.at.nDocuments + nature * NUMBER);
      this.nRows += nHolders;
      if (this.nRows > this.packed.rows) throw engine.damaged();
      this.places(first, nature, nHolders, expected);
      const size = sizeOf(nHolders);
      for (let row = first; row < this.nRows; row++) {
        this.terms[row] = term;
        this.row(row, nature, stop, size);
      }
    }

    places(row, nature, nHolders, expected) {
      const { at, code, documents, nDocuments, nEntries } = this;
      let place = 0;
      let left = nHolders;
      while (left && left < nDocuments - place) {
        const rest = nDocuments - place;
        if (nature || left * DENSE >= rest) {
          const isGuide = place >= nEntries ? 1 : 0;
          const kind = (nature * 3 + expected[place]) * 2 + isGuide;
          if (code.decide(at.held + kind * (PARTS + 1) + (((left * PARTS) / rest) | 0))) {
            documents[row++] = place;
            left--;
          }
          place++;
        } else {
          const context = nature * SIZES + sizeOf((rest / left) | 0);
          place += code.number(at.skipped + context * NUMBER);
          documents[row++] = place++;
          left--;
        }
      }
      while (left--) documents[row++] = place++;
      if (place > nDocuments) throw engine.damaged();
    }

    // What a term is to a document.
    row(row, nature, stop, size) {
      const { at, code } = this;
      const document = this.documents[row];
      const first = document * KINDS;
      const guide = document >= this.nEntries ? 1 : 0;
      const kind = ((size * 2 + guide) * 2 + nature) * 2 + stop;
      const step = code.choice(at.step + (kind << this.stepBits), this.stepBits);
      const base = step * SIZES + size;
      this.stepOf[row] = step;
      const isWorded = code.decide(at.isWorded + (base * 2 + stop) * 2 + guide);
      if (isWorded) this.wordingsOfRow(row, first, step, base, stop, guide);
      if (this.counts[first + 2] && !this.isAsked[row]) this.isAsked[row] = code.decide(at.isAsked + base * 2 + isWorded);
    }

    // In how many wordings of each kind a term stands. first: of the document's `counts`.
    wordingsOfRow(row, first, step, base, stop, guide) {
      const { at, code, counts, times } = this;
      const place = row * KINDS;
      let asked = 0;
      let aliases = 0;
      if (counts[first + 2]) {
        asked = code.count(at.asked + (base * 2 + stop) * MOST_WORDINGS, min(counts[first + 2], MOST_WORDINGS));
        times[place + 2] = asked;
        this.isAsked[row] = asked ? 1 : 0;
      }
      if (counts[first + 1]) {
        const context = ((step * SIZES + sizeOf(asked)) * 2 + guide) * MOST_WORDINGS;
        aliases = code.count(at.aliases + context, min(counts[first + 1], MOST_WORDINGS));
        times[place + 1] = aliases;
      }
      if (counts[first]) times[place] = code.decide(at.question + (step * SIZES + sizeOf(aliases)) * 2 + guide);
      if (counts[first + 3]) {
        const context = at.errors + (base * 2 + guide) * MOST_WORDINGS;
        times[place + 3] = code.count(context, min(counts[first + 3], MOST_WORDINGS));
      }
    }

    // Reads the terms of every wording, in slices: {documents, kinds, ends, flat}, the terms of all in one list, in which
    // those of one end where `ends` says. variants: by term, from `firstConcept` on, its variants as lists of terms.
    *wordings(firstConcept, variants, nTerms) {
      const { packed, counts } = this;
      const starts = this.sortRows();
      this.flat = new Int32Array(packed.in_wordings);
      this.held = new Int32Array(packed.rows); // terms that can stand in the next wording
      this.left = new Int32Array(packed.rows); // in how many of those of this kind each still has to
      this.lastIn = new Int32Array(nTerms).fill(-1); // the last wording in which each term stood
      Object.assign(this, { firstConcept, variants });
      const documents = new Int32Array(packed.wordings);
      const kinds = new Uint8Array(packed.wordings);
      const ends = new Int32Array(packed.wordings);
      let wording = 0;
      let end = 0;
      for (let place = 0; place < counts.length; place++) {
        const document = (place / KINDS) | 0;
        const kind = place % KINDS;
        const nHeld = counts[place] ? this.holdersOf(kind, starts[document], starts[document + 1]) : 0;
        for (let rest = counts[place]; rest; rest--) {
          end = this.wording(wording, kind, rest, nHeld, end);
          documents[wording] = document;
          kinds[wording] = kind;
          ends[wording++] = end;
        }
        if (end > packed.in_wordings) throw engine.damaged();
        if (place % KINDS === KINDS - 1) yield;
      }
      return { documents, kinds, ends, flat: this.flat };
    }

    // Brings the rows into the order of documents, as `byDocument`; where those of each start comes back.
    sortRows() {
      const counts = new Int32Array(this.nDocuments);
      for (let row = 0; row < this.nRows; row++) counts[this.documents[row]]++;
      const starts = engine.startsOf(counts);
      const next = starts.slice();
      this.byDocument = new Int32Array(this.nRows);
      for (let row = 0; row < this.nRows; row++) this.byDocument[next[this.documents[row]]++] = row;
      return starts;
    }

    // Fills `held` and `left` from some rows of a document.
    holdersOf(kind, start, end) {
      const { byDocument, times, held, left, terms } = this;
      let n = 0;
      for (let place = start; place < end; place++) {
        const row = byDocument[place];
        const inWordings = times[row * KINDS + kind];
        if (!inWordings) continue;
        held[n] = terms[row];
        left[n++] = inWordings;
      }
      return n;
    }

    // Which of the terms that still have to stand in one of the last `rest` wordings stand in the first of them: writes them
    // into `flat` from `first` on; where they end comes back.
    wording(wording, kind, rest, nHeld, first) {
      const { code, held, left, lastIn, flat, firstConcept } = this;
      const start = this.at.wording + kind * (PARTS + 1) * 16;
      let end = first;
      for (let place = 0; place < nHeld; place++) {
        const times = left[place];
        if (!times) continue;
        const term = held[place];
        if (times < rest) {
          const expected = term < firstConcept ? 0 : this.isSaid(term, wording) ? 3 : 2;
          const share = ((times * PARTS) / rest) | 0;
          if (!code.decide(start + (share * 4 + expected) * 4 + min(3, ((end - first) / 3) | 0))) continue;
        }
        left[place] = times - 1;
        lastIn[term] = wording;
        flat[end++] = term;
      }
      return end;
    }

    // Whether all terms of a variant of a concept have been found in a wording.
    isSaid(concept, wording) {
      const { lastIn } = this;
      const variants = this.variants[concept - this.firstConcept];
      for (let place = 0; place < variants.length; place++) {
        const variant = variants[place];
        let nFound = 0;
        while (nFound < variant.length && lastIn[variant[nFound]] === wording) nFound++;
        if (nFound === variant.length) return true;
      }
      return false;
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
