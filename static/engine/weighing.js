// A query as weights of terms, after correcting words that nobody wrote: the first half of kb/retrieval.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  function raise(weights, term, weight) {
    weights.set(term, Math.max(weights.get(term) || 0, weight));
  }

  engine.raise = raise;

  engine.Weigher = class {
    // parts: {table, analyzer, vocabulary, notCovered, corrector, ranking, numbers}
    constructor(parts) {
      Object.assign(this, parts);
      this.known = this.table.terms;
    }

    // {terms: Map of term to weight, words: [{text, terms}], synonyms: Map, unknown, unknownWeight, elsewhere}
    weigh(query) {
      const weights = new Map();
      const { ranking, known } = this;
      const share = Math.min(1, ranking.stop_words_in / Math.max(1, query.words.length));
      const stopWeight = ranking.stop_weight * this.table.questionStyle * share;
      const primary = query.words.map((word) => word.word.terms[0]);
      query.words.forEach((word, place) => {
        if (word.isStop && known.has(primary[place])) raise(weights, primary[place], stopWeight * word.weight);
      });
      const topic = [];
      query.words.forEach((word, place) => {
        if (word.isStop) return;
        const factors = this.factors(word.word.terms);
        for (const [term, factor] of factors) raise(weights, term, word.weight * factor);
        topic.push({ place, word, terms: Array.from(factors.keys()) });
      });
      const covered = new Set(); // places of words that are known as part of something
      const synonyms = this.addConcepts(query, primary, weights, covered);
      this.addJoined(query, topic, weights, covered);
      const missing = topic.filter((item) => !item.terms.length && !covered.has(item.place)).map((item) => item.word);
      const noise = this.numbers.noise_weight;
      return {
        terms: weights,
        words: topic
          .filter((item) => item.word.weight > noise)
          .map((item) => ({ text: item.word.text, terms: item.terms })),
        synonyms,
        unknown: Array.from(new Set(missing.filter((word) => word.weight > noise).map((word) => word.text))),
        unknownWeight: missing.reduce((sum, word) => sum + word.weight, 0),
        elsewhere: this.notCovered.find(primary).map((item) => primary.slice(item.start, item.end)),
      };
    }

    addConcepts(query, primary, weights, covered) {
      const synonyms = new Map(); // concept term to the words of the query that stand for it
      for (const { start, end, concepts } of this.vocabulary.find(primary)) {
        const spoken = query.words.slice(start, end);
        const said = spoken.map((word) => word.text).join(" ");
        const weight = this.ranking.synonym_weight * Math.min(...spoken.map((word) => word.weight));
        for (const concept of concepts) {
          if (!this.known.has(concept)) continue;
          raise(weights, concept, weight);
          synonyms.set(concept, (synonyms.get(concept) || []).concat([said]));
          for (let place = start; place < end; place++) covered.add(place);
        }
      }
      return synonyms;
    }

    addJoined(query, topic, weights, covered) {
      for (let next = 1; next < topic.length; next++) {
        const first = topic[next - 1];
        const second = topic[next];
        if (second.place !== first.place + 1) continue;
        const term = this.analyzer.joined(first.word.word, second.word.word, query.text);
        if (!this.known.has(term)) continue;
        raise(weights, term, this.ranking.joined_weight * Math.min(first.word.weight, second.word.weight));
        covered.add(first.place).add(second.place);
      }
    }

    // Of the terms of a word, those that are known, each with what it counts beside the whole word.
    factors(terms) {
      const [whole, ...parts] = terms;
      const partWeight = this.ranking.part_weight;
      const isKnown = this.known.has(whole);
      const found = new Map(isKnown ? [[whole, 1]] : []);
      const share = isKnown ? partWeight : Math.max(partWeight, 1 / Math.max(1, parts.length));
      for (const part of parts) if (this.known.has(part)) raise(found, part, share);
      return found;
    }

    // {query, correction}: the query with unknown words replaced, and [typed, searched] pairs.
    correct(query) {
      const unchanged = { query, correction: [] };
      if (query.isLog) return unchanged;
      const suggested = new Map();
      query.words.forEach((word, place) => {
        const meant = word.isStop ? "" : this.meant(query, place);
        if (meant) suggested.set(place, meant);
      });
      if (suggested.size) this.spoken(query).forEach((place) => suggested.delete(place));
      return suggested.size ? this.replaceWords(query, suggested) : unchanged;
    }

    replaceWords(query, suggested) {
      const replaced = new Map(); // by both words, so that each pair is told once
      const words = [];
      let text = query.text;
      let shift = 0;
      query.words.forEach((word, place) => {
        let at = word.word.start + shift;
        const end = word.word.end + shift;
        const meant = suggested.get(place);
        if (!meant) {
          words.push({ ...word, word: { ...word.word, start: at, end } });
          return;
        }
        replaced.set(word.text + "\n" + meant, [word.text, meant]);
        text = text.slice(0, at) + meant + text.slice(end);
        shift += meant.length - (end - at);
        const weight = word.weight * this.ranking.corrected_weight;
        for (const piece of meant.split(" ")) {
          const moved = { start: at, end: at + piece.length, terms: this.analyzer.wordTerms(piece) };
          words.push({ ...word, text: piece, weight, word: moved });
          at += piece.length + 1;
        }
      });
      return { query: { ...query, text, words }, correction: Array.from(replaced.values()) };
    }

    // Places of the words that the vocabulary knows, or that name something not covered: they are meant as they are.
    spoken(query) {
      const primary = query.words.map((word) => word.word.terms[0]);
      const known = this.vocabulary.find(primary).filter((item) => item.concepts.some((term) => this.known.has(term)));
      const places = [];
      for (const { start, end } of known.concat(this.notCovered.find(primary))) {
        for (let place = start; place < end; place++) places.push(place);
      }
      return places;
    }

    meant(query, place) {
      const { text, word } = query.words[place];
      const terms = word.terms;
      const typed = terms.length > 1 ? terms[0] : this.analyzer.letters(text);
      if (typed.length < this.numbers.shortest || (!/^\p{L}+$/u.test(text) && /[\p{Nd}\p{No}]/u.test(text))) return "";
      if (this.known.has(terms[0])) return terms.length === 1 ? this.corrector.suggestForDoubtful(typed) : "";
      if (terms.length > 1 && terms.slice(1).every((part) => this.known.has(part))) return "";
      const neighbours = query.words.slice(Math.max(0, place - 1), place + 2);
      for (let next = 1; next < neighbours.length; next++) {
        const term = this.analyzer.joined(neighbours[next - 1].word, neighbours[next].word, query.text);
        if (this.known.has(term)) return "";
      }
      return this.corrector.suggest(typed);
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
