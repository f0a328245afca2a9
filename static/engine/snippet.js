// The best passage of a loaded text, and the sentence to mark: kb/snippet.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  function countWords(text) {
    return text.split(/[\s\x85]+/).filter(Boolean).length;
  }

  engine.SnippetMaker = class {
    constructor(table, analyzer, numbers) {
      this.table = table;
      this.analyzer = analyzer;
      this.numbers = numbers;
    }

    // What each term of a query counts when a passage is chosen. terms: Map of term to weight.
    weights(terms) {
      const found = new Map();
      for (const [term, weight] of terms) {
        if (!this.analyzer.stopTerms.has(term)) found.set(term, weight * this.table.idf[this.table.terms.get(term)]);
      }
      return found;
    }

    // {text, mark: [start, end], codeSpans, anchor, heading, historic, commands: [{language, text, runs}]}; null without passages.
    make(passages, terms) {
      if (!passages.length) return null;
      const { passage, sentence } = this.choose(passages, this.weights(terms));
      return this.cut(passages[passage], sentence);
    }

    // The known terms of a sentence, each once.
    sentenceTerms(text) {
      const found = new Set();
      for (const word of this.analyzer.words(text)) {
        for (const term of word.terms) if (this.table.terms.has(term)) found.add(term);
      }
      return found;
    }

    choose(passages, weights) {
      const { neighbour_factor: neighbour, long_sentence_words: long } = this.numbers;
      let best = { passage: 0, sentence: 0 };
      let bestScore = 0;
      passages.forEach((passage, number) => {
        const sentences = passage.sentences.map(([start, end]) => this.sentenceTerms(passage.text.slice(start, end)));
        const values = sentences.map((terms) => {
          let value = 0;
          for (const term of terms) value += weights.get(term) || 0;
          return value;
        });
        const total = values.reduce((sum, value) => sum + value, 0);
        values.forEach((value, sentence) => {
          const spread = Math.max(1, sentences[sentence].size / long);
          const score = (value / spread + neighbour * Math.min(total - value, value)) * passage.factor;
          if (score > bestScore * 1.0001) {
            best = { passage: number, sentence };
            bestScore = score;
          }
        });
      });
      return best;
    }

    // The passage with the sentence marked, cut to whole sentences around it when it is long.
    cut(passage, sentence) {
      const { text, sentences } = passage;
      const count = (place) => countWords(text.slice(...sentences[place]));
      let first = sentence;
      let last = sentence;
      let nWords = count(sentence);
      for (;;) {
        // take in neighbours while they fit, the one after first: it explains
        if (last + 1 < sentences.length && nWords + count(last + 1) <= this.numbers.most_words) {
          nWords += count(++last);
        } else if (first > 0 && nWords + count(first - 1) <= this.numbers.most_words) {
          nWords += count(--first);
        } else {
          break;
        }
      }
      const start = sentences[first][0];
      const end = sentences[last][1];
      return {
        text: text.slice(start, end),
        mark: [sentences[sentence][0] - start, sentences[sentence][1] - start],
        codeSpans: passage.code
          .filter(([low, high]) => low < end && high > start)
          .map(([low, high]) => [Math.max(low, start) - start, Math.min(high, end) - start]),
        anchor: passage.anchor,
        heading: passage.heading,
        historic: passage.historic,
        commands: passage.commands.map(([language, command, runs]) => ({ language, text: command, runs })),
      };
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
