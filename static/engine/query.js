// Typed or pasted text to a query, as kb/query.py reads it: words with what they count, and what operators ask for.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});
  const holds = engine.holds;

  // Python's notion of space at the ends of a text, once control characters are gone.
  function trimmed(text) {
    return text.replace(/^[\s\x85]+|[\s\x85]+$/g, "");
  }

  function blank(text, start, end) {
    return text.slice(0, start) + " ".repeat(end - start) + text.slice(end);
  }

  function endOf(match) {
    return match.index + match[0].length;
  }

  engine.QueryReader = class {
    // rules: `numbers`, `field_names`, `log_marks`, `operator_marks` of the data. options: words behind a dash in commands.
    constructor(rules, analyzer, options) {
      this.analyzer = analyzer;
      this.patterns = analyzer.patterns;
      this.numbers = rules.numbers;
      this.fieldNames = rules.field_names;
      this.logMarks = rules.log_marks;
      this.operatorMarks = rules.operator_marks;
      this.options = new Set(options);
    }

    clean(text) {
      text = text.replace(/\r\n?/g, "\n").replace(this.patterns.control, " ");
      return trimmed(text.replace(/[“”]/g, '"').replace(/\u00a0/g, " "));
    }

    // {text, words: [{text, word, weight, isStop}], isLog, conditions, noise}
    read(question, log) {
      const { conditions, rest } = this.conditions(this.clean(question));
      const text = [rest, this.clean(log)].filter(Boolean).join("\n");
      const isLog = Boolean(trimmed(log)) || (this.holdsAny(rest, this.logMarks) && holds(rest, this.patterns.log_shape));
      const weak = isLog ? this.weakRanges(text) : [];
      const words = this.analyzer.words(text, true).map((word) => {
        const factors = weak.filter((range) => range.start <= word.start && word.start < range.end);
        const weight = Math.min(1, ...factors.map((range) => range.factor));
        return { text: text.slice(word.start, word.end), word, weight, isStop: this.analyzer.isStop(word.terms) };
      });
      const noise = weak.filter((range) => range.factor === this.numbers.noise_weight);
      const written = noise.map((range) => trimmed(text.slice(range.start, range.end)));
      return { text, words, isLog, conditions, noise: Array.from(new Set(written)) };
    }

    holdsAny(text, marks) {
      return marks.some((mark) => text.includes(mark));
    }

    weakRanges(text) {
      const found = [];
      for (const [pattern, factor] of [
        [this.patterns.noise, this.numbers.noise_weight],
        [this.patterns.path, this.numbers.path_weight],
      ]) {
        for (const match of text.matchAll(pattern)) found.push({ start: match.index, end: endOf(match), factor });
      }
      return found;
    }

    // What the operators in `text` ask for, and the text that is left to rank by.
    conditions(text) {
      const none = { conditions: [], rest: text };
      if (text.includes("\n") || !this.holdsAny(text, this.operatorMarks)) return none;
      if (!holds(text, this.patterns.may_hold_operators)) return none;
      const hasLower = /\p{Ll}/u.test(text.replace(this.patterns.boolean, " "));
      const booleans = hasLower ? Array.from(text.matchAll(this.patterns.boolean)) : [];
      const matches = Array.from(text.matchAll(this.patterns.operator));
      const found = [];
      let rest = text;
      matches.forEach((match, number) => {
        const condition = this.condition(match, booleans, number);
        if (!condition || !this.isMeant(condition, match, matches)) return;
        found.push(condition);
        if (condition.mustNot) {
          rest = blank(rest, match.index, endOf(match));
        } else if (match.groups.field) {
          rest = blank(rest, match.index, match.index + match.groups.field.length + 1);
        }
      });
      if (found.length && !this.analyzer.words(rest).length) return none; // nothing would be left to search for
      for (const item of booleans) rest = blank(rest, item.index, endOf(item));
      return { conditions: found, rest };
    }

    // {field, terms, mustNot, group}, or null for an ordinary word.
    condition(match, booleans, number) {
      const { minus, field, phrase, word } = match.groups;
      const terms = this.analyzer.words(phrase || word || "").map((found) => found.terms);
      const before = booleans.findIndex((item) => endOf(item) === match.index);
      const after = booleans.findIndex((item) => item.index === endOf(match));
      const signBefore = before >= 0 ? booleans[before][1] : "";
      const signAfter = after >= 0 ? booleans[after][1] : "";
      const mustNot = Boolean(minus) || signBefore === "NOT" || signBefore === "AND NOT";
      if (!terms.length || (field && !Object.hasOwn(this.fieldNames, field))) return null;
      if (!(phrase || field || mustNot || signBefore || signAfter)) return null;
      let group = number;
      if (signBefore === "OR") group = this.orGroup(booleans, before);
      else if (signAfter === "OR") group = this.orGroup(booleans, after);
      return { field: field ? this.fieldNames[field] : "text", terms, mustNot, group };
    }

    // One number, below zero, for all alternatives of an unbroken row of ORs.
    orGroup(booleans, place) {
      while (
        place &&
        booleans[place - 1][1] === "OR" &&
        !booleans[place].input.slice(endOf(booleans[place - 1]), booleans[place].index).includes(" ")
      ) {
        place--;
      }
      return -place - 1;
    }

    // Whether somebody wrote this as an operator, and not as part of a command line or a quotation in a sentence.
    isMeant(condition, match, matches) {
      const { minus, phrase } = match.groups;
      if (minus && !phrase) {
        const dashed = matches.filter((item) => item.groups.minus && !item.groups.phrase);
        const isOption = (word) => word.length < 3 || !/^\p{Ll}/u.test(word) || this.options.has(word.toLowerCase());
        if (dashed.some((item) => isOption(item.groups.word || ""))) return false;
      }
      if (phrase && condition.field === "text" && !condition.mustNot) {
        return matches.filter((item) => item.groups.word).length <= this.numbers.most_words_beside_a_phrase;
      }
      return true;
    }
  };
})(typeof globalThis === "undefined" ? this : globalThis);
