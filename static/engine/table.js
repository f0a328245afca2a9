// The impact table and the table of wordings, out of their text: kb/impacts.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const { fround, min, max } = Math;
  const KINDS = ["question", "aliases", "asked", "errors"]; // of wordings
  const ASKED = 2;
  const ERRORS = 3;
  const TERMS_AT_ONCE = 64;

  // Rarities of terms by how many of `n` documents hold them.
  function rarities(n, power) {
    const found = new Float64Array(n + 1);
    for (let nWith = 0; nWith <= n; nWith++) {
      found[nWith] = fround(fround(Math.log1p((n - nWith + 0.5) / (nWith + 0.5))) ** power);
    }
    return found;
  }

  // The concepts of the table: a Map of their terms to their variants, each a list of terms.
  function conceptsOf(data, mark) {
    const { unused } = data.table;
    const found = new Map();
    data.vocabulary.forEach(([name, ...variants], place) => {
      if (unused.includes(place)) return;
      const before = found.get(mark + name) || [];
      found.set(mark + name, before.concat(variants.map(engine.termsOfVariant)));
    });
    return found;
  }

  // Numbers of the terms of every variant that has only known terms.
  function numbersOf(variants, terms) {
    const found = variants.map((variant) => variant.map((term) => terms.get(term)));
    return found.filter((numbers) => !numbers.includes(undefined));
  }

  // For every document how surely it holds a concept: 2 with a variant of one word, 1 with all words of another, else 0.
  function expectedHolders(variants, documents, starts, nDocuments) {
    const found = new Uint8Array(nDocuments);
    const held = new Uint8Array(nDocuments);
    for (const variant of variants) {
      const different = new Set(variant);
      held.fill(0);
      for (const term of different) {
        for (let row = starts[term]; row < starts[term + 1]; row++) held[documents[row]]++;
      }
      const value = variant.length === 1 ? 2 : 1;
      for (let document = 0; document < nDocuments; document++) {
        if (held[document] === different.size && found[document] < value) found[document] = value;
      }
    }
    return found;
  }

  // 1 for every term that carries no topic.
  function stopFlags(terms, stopTerms) {
    const flags = new Uint8Array(terms.size);
    for (const term of stopTerms) if (terms.has(term)) flags[terms.get(term)] = 1;
    return flags;
  }

  // rows: the reader, when it has read them.
  function impactTable(rows, stops, data, fieldNames) {
    const { ranking } = data.settings;
    const nDocuments = data.documents.ids.length;
    const bits = KINDS.map((name) => 1 << fieldNames.indexOf(name));
    const { nRows, terms, documents: documentOf, stepOf, isAsked, times } = rows;
    const counts = new Int32Array(stops.length);
    for (let row = 0; row < nRows; row++) if (stepOf[row]) counts[terms[row]]++;
    const starts = engine.startsOf(counts);
    const rarity = rarities(nDocuments, ranking.idf_power);
    const idf = new Float64Array(stops.length);
    for (let term = 0; term < stops.length; term++) {
      idf[term] = stops[term] ? min(rarity[counts[term]], ranking.stop_rarity) : rarity[counts[term]];
    }
    const size = starts[stops.length];
    const documents = new Int32Array(size);
    const impacts = new Float32Array(size);
    const fields = new Uint16Array(size);
    const unit = (ranking.k1 + 1) / data.table.steps;
    for (let row = 0, at = 0; row < nRows; row++) {
      if (!stepOf[row]) continue;
      const term = terms[row];
      let held = isAsked[row] ? bits[ASKED] : 0;
      for (let kind = 0; kind < bits.length; kind++) {
        // the words without a topic stand in wordings of error texts, but not in the field
        if (times[row * bits.length + kind] && !(kind === ERRORS && stops[term])) held |= bits[kind];
      }
      documents[at] = documentOf[row];
      impacts[at] = idf[term] * unit * stepOf[row];
      fields[at++] = held;
    }
    return { idf, documents, impacts, fields, starts, maxIdf: rarity[min(1, nDocuments)] };
  }

  // How many wordings hold each of `nTerms` terms, and how many documents hold it in a wording.
  function countHolders({ documents, ends, flat }, nTerms) {
    const counts = new Int32Array(nTerms);
    const holders = new Int32Array(nTerms);
    const last = new Int32Array(nTerms).fill(-1);
    for (let wording = 0, at = 0; wording < ends.length; wording++) {
      for (; at < ends[wording]; at++) {
        const term = flat[at];
        counts[term]++;
        if (last[term] !== documents[wording]) holders[term]++;
        last[term] = documents[wording];
      }
    }
    return { counts, holders };
  }

  // wordings: as TableReader gives them.
  function wordingTable(wordings, stops, firstConcept, data, fieldNames) {
    const { ranking } = data.settings;
    const { documents, kinds, ends, flat } = wordings;
    const { counts, holders } = countHolders(wordings, stops.length);
    const rarity = rarities(data.documents.ids.length, ranking.wording_idf_power);
    const idf = new Float64Array(stops.length);
    const values = new Float32Array(stops.length);
    const synonym = fround(ranking.synonym_weight);
    const stop = fround(ranking.wording_stop_weight);
    for (let term = 0; term < stops.length; term++) {
      idf[term] = rarity[holders[term]];
      values[term] = idf[term] * (term >= firstConcept ? synonym : stops[term] ? stop : 1);
    }
    const starts = engine.startsOf(counts);
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
    const fieldOf = KINDS.map((name) => fieldNames.indexOf(name));
    return {
      wordingIdf: idf,
      wordingStarts: starts,
      wordings: numbers,
      wordingWeights: weights,
      wordingDocument: documents,
      wordingKind: kinds.map((kind) => fieldOf[kind]),
    };
  }

  // Reads the rows of all terms, in slices. variants: of every concept, numbers of terms.
  function* readRows(reader, terms, stops, variants) {
    const starts = new Int32Array(terms.size + 1);
    let expected = new Uint8Array(reader.nDocuments);
    for (let term = 0; term < terms.size; term++) {
      const nature = term < terms.firstConcept ? 0 : 1;
      if (nature) {
        expected = expectedHolders(variants[term - terms.firstConcept], reader.documents, starts, reader.nDocuments);
      }
      reader.rowsOf(term, nature, stops[term], expected);
      starts[term + 1] = reader.nRows;
      if (term % TERMS_AT_ONCE === TERMS_AT_ONCE - 1) yield;
    }
  }

  // The table, ready to be looked up in, in slices. Throws for a damaged one.
  engine.readTable = function* (data, rules, analyzer) {
    const { table: packed, documents } = data;
    const reader = new engine.TableReader(packed, documents.ids.length, documents.n_entries);
    const concepts = conceptsOf(data, rules.concept_mark);
    const terms = new engine.Terms(packed.spelled, reader.hashes(), packed.hash_bits, Array.from(concepts.keys()));
    yield;
    const variants = Array.from(concepts.values(), (ofConcept) => numbersOf(ofConcept, terms));
    const stops = stopFlags(terms, analyzer.stopTerms);
    reader.wordingCounts();
    yield* readRows(reader, terms, stops, variants);
    const wordings = yield* reader.wordings(terms.firstConcept, variants, terms.size);
    reader.code.end();
    yield;
    const impacts = impactTable(reader, stops, data, rules.fields);
    yield;
    return {
      terms,
      nDocuments: documents.ids.length,
      questionStyle: packed.question_style,
      ...impacts,
      ...wordingTable(wordings, stops, terms.firstConcept, data, rules.fields),
    };
  };
})(typeof globalThis === "undefined" ? this : globalThis);
