// The answer to a question as a plain value, as kb/answer.py gives it: level, hits, candidates, guides, and why.
//
// `kb.engine.open(kb.data, kb.texts)` gives the engine. Nothing here waits or touches the page. Texts of entries are read
// where they are loaded: for operators (`needs` says which), and for the passage and the error text of a card.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const FORMAT = 2;
  const SLICE_MS = 5;
  const NO_WORDS = { words: [], holders: [] };

  function unique(list) {
    return Array.from(new Set(list));
  }

  class Engine {
    constructor(data, texts, rules, analyzer, table) {
      const { settings, documents } = data;
      const vocabulary = new engine.Vocabulary(data.vocabulary, rules.concept_mark);
      const notCovered = new engine.Vocabulary([data.not_covered], rules.concept_mark);
      const corrector = new engine.Corrector(() => this.readSpelling(), rules, analyzer);
      const { ranking } = settings;
      const { numbers } = rules;
      Object.assign(this, { data, texts, rules, settings, documents, analyzer, table, numbers });
      this.numberOf = new Map(documents.ids.map((id, number) => [id, number]));
      this.titles = documents.titles;
      this.reader = new engine.QueryReader(rules, analyzer, data.options);
      this.weigher = new engine.Weigher({ table, analyzer, vocabulary, notCovered, corrector, ranking, numbers });
      this.ranker = new engine.Ranker({
        table, analyzer, ranking, numbers, fields: rules.fields,
        documents: { ids: documents.ids, titles: documents.titles, sections: documents.sections, nEntries: documents.n_entries },
      }); // prettier-ignore
      const textOf = (document) => (this.texts[documents.ids[document]] || { written: null }).written;
      this.conditions = new engine.Conditions(table, rules.fields, analyzer, textOf);
      this.snippets = new engine.SnippetMaker(table, analyzer, rules.snippet);
      this.suggester = null;
      this.spelling = null;
    }

    // The words that misspelled ones are corrected to; null until spelling.js is loaded, and nothing is corrected.
    readSpelling() {
      if (!this.spelling && root.kb.spelling) this.spelling = engine.readSpelling(root.kb.spelling);
      return this.spelling;
    }

    // The sentence that says why nothing can be searched for; "" if something can.
    inputError(question, log) {
      const { messages } = this.data;
      if (!this.reader.clean(question) && !this.reader.clean(log)) return messages.empty;
      if (Array.from(question).length > this.settings.question_limit) return messages.question_too_long;
      return Array.from(log).length > this.settings.log_limit ? messages.log_too_long : "";
    }

    // Ids of the entries and guides whose texts should be loaded before this is asked: none but for operators.
    needs({ question = "", log = "" }) {
      if (this.inputError(question, log)) return [];
      const { conditions } = this.reader.read(question, log);
      const documents = this.conditions.documentsOf(conditions).map((number) => this.documents.ids[number]);
      return documents.filter((id) => !this.texts[id]);
    }

    // The answer, or {error} with a sentence for whoever asked.
    // exact: nothing is corrected. section: only entries in or below it. history: [{question, log, entry_id}], oldest first.
    ask({ question = "", log = "", exact = false, section = "", history = [] }) {
      const started = performance.now();
      const error = this.inputError(question, log);
      if (error) return { error };
      const query = this.reader.read(question, log);
      const { found, probability, carried } = this.rank(query, exact, section, history);
      const entries = found.hits.filter((hit) => hit.kind === "entry");
      const level = entries.length ? engine.levelOf(probability, this.settings.levels) : "none";
      const isAnswered = level === "strong" || level === "possible";
      return {
        question,
        log,
        level,
        entry: isAnswered ? entries[0].id : "",
        hits: found.hits,
        candidates: this.candidates(entries, level, probability),
        corrected: found.correction.length ? found.query.text : null,
        correction: found.correction,
        why: this.whyOf(found, entries),
        error_place: entries.length ? this.recognisedError(found, entries[0]) : -1,
        carried,
        guides: this.guidesOf(found, isAnswered ? entries[0] : null),
        lead: this.data.messages.leads[level] || "",
        terms: Array.from(found.weighed.terms),
        took_ms: performance.now() - started,
      };
    }

    rank(query, exact, section, history) {
      const { query: searched, correction } = exact ? { query, correction: [] } : this.weigher.correct(query);
      const weighed = this.weigher.weigh(searched);
      const allowed = this.allowed(searched.conditions, section);
      const limit = this.numbers.hits;
      const search = (carried) => this.ranker.search(searched, correction, weighed, limit, allowed, carried);
      const { levels, follow_up: followUp } = this.settings;
      const found = search(null);
      const confidence = (ranked) => engine.confidence(ranked.features, levels, this.numbers.most_strength);
      const probability = confidence(found);
      const lean = engine.leaning(found.query, probability, followUp, this.analyzer.patterns.leans);
      const documents = { numbers: this.numberOf, related: this.documents.related, nEntries: this.documents.n_entries };
      const carried = engine.carryOver(lean, this.knownTurns(history), followUp, (turn) => this.weighTurn(turn), documents);
      if (!carried) return { found, probability, carried: "" };
      const joint = search(carried);
      const surer = Math.max(probability, confidence(joint));
      return { found: joint, probability: surer, carried: carried.question };
    }

    knownTurns(history) {
      return history.map((turn) => ({ question: turn.question || "", log: turn.log || "", entry: turn.entry_id || "" }));
    }

    weighTurn({ question, log }) {
      return this.weigher.weigh(this.weigher.correct(this.reader.read(question, log)).query).terms;
    }

    // Which documents may be found; null for all of them. Operators that nothing satisfies are taken for words.
    allowed(conditions, section) {
      if (!conditions.length && !section) return null;
      const { sections } = this.documents;
      let allowed = conditions.length ? this.conditions.satisfying(conditions) : sections.map(() => true);
      if (section) {
        allowed = allowed.map((is, place) => is && (sections[place] + ".").startsWith(section + "."));
      }
      return section || allowed.some(Boolean) ? allowed : null;
    }

    candidates(entries, level, probability) {
      const made = (hit, itsLevel) => ({ id: hit.id, title: hit.title, section: hit.section, level: itsLevel });
      const { candidates, candidates_if_weak: ifWeak } = this.numbers;
      if (level === "none") return [];
      if (level === "weak") return entries.slice(0, ifWeak).map((hit) => made(hit, "weak"));
      return entries.slice(1, candidates + 1).map((hit) => {
        // nothing below the first is surer than its share of the first's score makes it
        const share = entries[0].score ? (probability * hit.score) / entries[0].score : 0;
        return made(hit, share >= this.settings.levels.possible_from ? "possible" : "weak");
      });
    }

    // Ids of the guides to offer: first one whose error text was pasted, then those of the entry that answers.
    guidesOf(found, entry) {
      const recognised = found.hits
        .filter((hit) => hit.kind === "guide" && this.recognisedError(found, hit) >= 0)
        .map((hit) => hit.id);
      const own = entry ? this.documents.guides[this.numberOf.get(entry.id)] : [];
      return unique([...recognised, ...own.map((number) => this.documents.ids[number])]);
    }

    // Place of the error text of `hit` that the query holds most of, if that is enough to call it recognised; else -1.
    recognisedError(found, hit) {
      const { share, place } = this.ranker.errorShare(found.weighed, this.numberOf.get(hit.id));
      return share >= this.numbers.error_recognised ? place : -1;
    }

    whyOf(found, entries) {
      const why = { matched: [], synonyms: [], error_text: "", ignored: found.query.noise, unknown: found.weighed.unknown };
      if (!entries.length) return why;
      const matched = entries[0].matched;
      const plain = found.weighed.words.filter((word) => word.terms.length && matched.includes(word.text));
      why.matched = matched.filter((text) => plain.some((word) => word.text === text));
      for (const [concept, said] of found.weighed.synonyms) {
        const name = concept.slice(this.rules.concept_mark.length);
        for (const text of unique(said)) {
          if (matched.includes(text) && text.toLowerCase() !== name.toLowerCase()) why.synonyms.push([text, name]);
        }
      }
      return why;
    }

    // `answer.why` with the error text that was recognised, which stands in the text of the first entry.
    why(answer, text) {
      return { ...answer.why, error_text: (answer.error_place >= 0 && (text.written.errors || [])[answer.error_place]) || "" };
    }

    // The passage of an entry's loaded text that says most about the question; null for one without passages.
    snippet(answer, text) {
      return this.snippets.make(text.passages, new Map(answer.terms));
    }

    // At most five {id, kind, title} for a question that is not finished; of those ranked alone until wordings.js is loaded.
    suggest(typed) {
      if (typed.trim().length < this.numbers.suggest_from) return [];
      const words = root.kb.wordings || NO_WORDS;
      if (!this.suggester || this.suggester.source !== words) {
        this.suggester = new engine.Suggester(words, this.titles, this.analyzer, this.numbers.suggestions);
      }
      const text = Array.from(typed).slice(0, this.settings.question_limit).join("");
      const answer = this.reader.clean(text) ? this.ask({ question: text }) : null;
      const hits = answer && !answer.error && answer.level !== "none" ? answer.hits : [];
      const ranked = hits.map((hit) => this.numberOf.get(hit.id));
      return this.suggester.suggest(text, ranked).map((number) => this.item(number));
    }

    item(number) {
      const { ids, titles, n_entries: nEntries } = this.documents;
      return { id: ids[number], kind: number < nEntries ? "entry" : "guide", title: titles[number] };
    }

    // What a card says of an entry or guide beside its text; null for an unknown id.
    meta(id) {
      const number = this.numberOf.get(id);
      if (number === undefined) return null;
      const { sections, reviewed, problems, steps, guides } = this.documents;
      const section = sections[number];
      return {
        ...this.item(number),
        section,
        section_title: this.data.sections[section] || "",
        reviewed: reviewed[number],
        is_problem: Boolean(problems[number]),
        steps: steps[number],
        guides: guides[number].map((guide) => ({ ...this.item(guide), steps: steps[guide] })),
      };
    }
  }

  // Makes the engine, in slices. isWarm: with a first question, which makes the patterns and reads the words to correct to.
  function* opening(data, texts, isWarm) {
    const { rules } = engine;
    if (!data || data.format !== FORMAT || !rules) {
      throw new Error("index.js is missing or of another version than these scripts; export the copy again");
    }
    const analyzer = new engine.Analyzer(rules, engine.patterns(rules.patterns, rules.whole_patterns));
    const table = yield* engine.readTable(data, rules, analyzer);
    yield;
    const opened = new Engine(data, texts || root.kb.texts || {}, rules, analyzer, table);
    if (isWarm) {
      yield;
      opened.readSpelling();
      yield;
      opened.ask({ question: "ready" });
    }
    return opened;
  }

  // The engine for the data of index.js. Throws for data of another format, and for damaged data.
  engine.open = function (data, texts) {
    const work = opening(data, texts, false);
    for (;;) {
      const { done, value } = work.next();
      if (done) return value;
    }
  };

  // A promise of the same, made in the background: whoever types in the meantime waits not much longer than SLICE_MS.
  engine.openSoon = function (data, texts) {
    const work = opening(data, texts, true);
    return new Promise((resolve, reject) => {
      function slice() {
        const end = performance.now() + SLICE_MS;
        try {
          let step;
          do step = work.next();
          while (!step.done && performance.now() < end);
          if (step.done) resolve(step.value);
          else setTimeout(slice, 0);
        } catch (error) {
          reject(error);
        }
      }
      slice();
    });
  };
})(typeof globalThis === "undefined" ? this : globalThis);
