// Weights of terms to ranked documents, by looking terms up in the table and adding: the second half of kb/retrieval.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const { fround, max, min, sqrt } = Math;

  // rows of terms added up by target, with the precision of the server: single for products, double for sums
  function addUp(numbers, factors, rows) {
    const sums = new Float64Array(rows.n);
    numbers.forEach((term, place) => {
      const factor = fround(factors[place]);
      for (let row = rows.starts[term]; row < rows.starts[term + 1]; row++) {
        sums[rows.targets[row]] += fround(rows.values[row] * factor);
      }
    });
    return sums;
  }

  function largest(values, end) {
    let found = 0;
    for (let place = 0; place < end; place++) if (values[place] > found) found = values[place];
    return found;
  }

  engine.Ranker = class {
    // parts: {table, analyzer, ranking, numbers, fields, documents}; documents: {ids, titles, sections, nEntries}
    constructor(parts) {
      Object.assign(this, parts);
      const table = this.table;
      this.impacts = { n: table.nDocuments, starts: table.starts, targets: table.documents, values: table.impacts };
      const nWordings = table.wordingDocument.length;
      this.wordings = { n: nWordings, starts: table.wordingStarts, targets: table.wordings, values: table.wordingWeights };
      this.reported = ["question", "aliases", "asked", "errors"];
      this.question = this.fields.indexOf("question");
      this.core = 0;
      for (const name of ["question", "aliases", "errors"]) this.core |= 1 << this.fields.indexOf(name);
    }

    asked(terms, carried) {
      const weights = new Map(terms);
      for (const [term, weight] of carried || []) engine.raise(weights, term, weight);
      const names = Array.from(weights.keys());
      const numbers = names.map((term) => this.table.terms.get(term));
      const stop = this.ranking.wording_stop_weight;
      const values = names.map((term, place) => {
        const weight = weights.get(term);
        return (this.analyzer.stopTerms.has(term) ? stop * weight : weight) * this.table.wordingIdf[numbers[place]];
      });
      const length = sqrt(values.reduce((sum, value) => sum + value * value, 0));
      return { names, numbers, weights: Array.from(weights.values()), values, length };
    }

    // {asked, total, sums, likeness}, the last three by document. carried: {terms, documents} or nothing.
    scores(weighed, carried) {
      const { ranking, table } = this;
      const asked = this.asked(weighed.terms, carried && carried.terms);
      const sums = addUp(asked.numbers, asked.weights, this.impacts);
      const likeness = this.likeness(asked);
      const top = largest(sums, sums.length);
      const wordingWeight = ranking.wording_weight * table.questionStyle;
      const total = sums.map(
        (sum, document) => (top > 0 ? sum / top : sum) + wordingWeight * likeness[document] ** ranking.wording_power,
      );
      const nEntries = this.documents.nEntries;
      // an entry answers, a guide is offered with it: none stands above the best entry
      const bestEntry = largest(total, nEntries);
      for (let document = nEntries; document < total.length; document++) {
        const guide = total[document] * ranking.guide_weight;
        total[document] = bestEntry > 0 ? min(guide, 0.999 * bestEntry) : guide;
      }
      for (const [document, bonus] of carried ? carried.documents : []) {
        if (total[document] > 0) total[document] += bonus;
      }
      return { asked, total, sums, likeness };
    }

    // The cosine of the query and each document's most similar wording.
    likeness(asked) {
      const { table, ranking } = this;
      const found = new Float64Array(table.nDocuments);
      if (!asked.length) return found;
      const products = addUp(asked.numbers, asked.values, this.wordings);
      products.forEach((product, wording) => {
        const document = table.wordingDocument[wording];
        const weight = table.wordingKind[wording] === this.question ? 1 : ranking.alias_weight;
        found[document] = max(found[document], product * weight);
      });
      return found.map((value) => value / asked.length);
    }

    // Documents and their total, best first; equal ones in their order.
    best(total, limit) {
      const places = [];
      total.forEach((value, place) => {
        if (value) places.push(place);
      });
      return places.sort((a, b) => total[b] - total[a] || a - b).slice(0, limit);
    }

    // allowed: a list that says of each document whether it may be found, or null.
    // Returns {query, hits, features, weighed, correction}.
    search(query, correction, weighed, limit, allowed, carried) {
      if (!weighed.terms.size) {
        const features = this.noFeatures(weighed);
        return { query, hits: [], features, weighed, correction };
      }
      const scores = this.scores(weighed, carried);
      const total = allowed ? scores.total.map((value, place) => (allowed[place] ? value : 0)) : scores.total;
      const best = this.best(total, limit);
      const held = best.map((document) => this.rowsHeld(document, scores.asked.numbers));
      const { ids, titles, sections, nEntries } = this.documents;
      const hits = best.map((document, place) => ({
        id: ids[document],
        kind: document < nEntries ? "entry" : "guide",
        title: titles[document],
        section: sections[document],
        score: total[document],
        matched: this.matched(weighed, scores.asked, held[place]),
      }));
      return { query, hits, features: this.features(weighed, scores, total, best, held), weighed, correction };
    }

    // The rows that a document has of `terms`: [place of the term, number of the row].
    rowsHeld(document, terms) {
      const { starts, documents } = this.table;
      const found = [];
      terms.forEach((term, place) => {
        let low = starts[term];
        let high = starts[term + 1];
        while (low < high) {
          const middle = (low + high) >> 1;
          if (documents[middle] < document) low = middle + 1;
          else high = middle;
        }
        if (low < starts[term + 1] && documents[low] === document) found.push([place, low]);
      });
      return found;
    }

    // The words of the query that the holder of `rows` has, in the order of the query.
    matched(weighed, asked, rows) {
      const held = new Set(rows.map(([place]) => asked.names[place]));
      const found = new Set();
      for (const { text, terms } of weighed.words) if (terms.some((term) => held.has(term))) found.add(text);
      for (const [concept, said] of weighed.synonyms) if (held.has(concept)) said.forEach((text) => found.add(text));
      return Array.from(found);
    }

    noFeatures(weighed) {
      const names = ["coverage", "core", "unknown", "strength", "likeness", "lead", "elsewhere", "margin", ...this.reported];
      return { ...Object.fromEntries(names.map((name) => [name, 0])), nWords: weighed.words.length };
    }

    // What is known about the best entry among the documents `best`, for deciding how far to trust it.
    features(weighed, scores, total, best, rowsHeld) {
      const features = this.noFeatures(weighed);
      const entries = best.filter((document) => document < this.documents.nEntries);
      if (!entries.length) return features;
      const { table } = this;
      const { names, numbers, weights } = scores.asked;
      const first = entries[0];
      const values = names.map((term, place) =>
        this.analyzer.stopTerms.has(term) ? 0 : weights[place] * table.idf[numbers[place]],
      );
      const unknown = weighed.unknownWeight * table.maxIdf;
      const whole = values.reduce((sum, value) => sum + value, 0) + unknown || 1;
      const coreTerms = new Set();
      for (const [place, row] of rowsHeld[best.indexOf(first)]) {
        const bits = table.fields[row];
        features.coverage += values[place];
        if (bits & this.core) {
          features.core += values[place];
          coreTerms.add(names[place]);
        }
        for (const name of this.reported) {
          if (bits & (1 << this.fields.indexOf(name))) features[name] += values[place];
        }
      }
      for (const name of ["coverage", "core", ...this.reported]) features[name] /= whole;
      const score = total[first];
      const runnerUp = entries.length > 1 ? total[entries[1]] : 0;
      const others = scores.likeness.map((value, document) => (document === first ? 0 : value));
      features.unknown = unknown / whole;
      features.strength = scores.sums[first] / table.maxIdf;
      features.likeness = scores.likeness[first];
      features.lead = features.likeness - largest(others, others.length);
      features.margin = score > 0 ? max(0, score - runnerUp) / score : 0;
      features.elsewhere = weighed.elsewhere.some((terms) => !terms.every((term) => coreTerms.has(term))) ? 1 : 0;
      return features;
    }

    // {share, place}: how much of an error text of the document stands in the query, and which text that is; place -1: none.
    errorShare(weighed, document) {
      const { table } = this;
      const errors = this.fields.indexOf("errors");
      const shares = new Map(); // by wording
      table.wordingDocument.forEach((of, wording) => {
        if (of === document && table.wordingKind[wording] === errors) shares.set(wording, { share: 0, size: 0 });
      });
      for (const term of shares.size ? weighed.terms.keys() : []) {
        const number = table.terms.get(term);
        for (let row = table.wordingStarts[number]; row < table.wordingStarts[number + 1]; row++) {
          const found = shares.get(table.wordings[row]);
          if (found) {
            found.share += table.wordingWeights[row] ** 2;
            found.size += 1;
          }
        }
      }
      let best = { share: 0, place: -1 };
      Array.from(shares.values()).forEach(({ share, size }, place) => {
        const enough = size >= this.numbers.least_error_terms ? Math.round(share * 1e6) / 1e6 : 0;
        if (best.place < 0 || enough > best.share) best = { share: enough, place };
      });
      return best;
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
