// What a question that leans on the ones before it takes over from them: kb/followup.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  engine.leaning = function (query, probability, settings, leans) {
    const pointsBack = engine.holds(query.text, leans) ? 1 : settings.without_cue;
    return Math.max(0, 1 - probability ** settings.certainty_power) * pointsBack;
  };

  // {question, terms, documents}, or null when nothing is carried over.
  // history: [{question, log, entry}], oldest first, `entry` the id of the first entry of the answer.
  // weighTurn: a turn to its weights of terms. documents: {numbers: Map of id to number, related: lists of numbers}.
  engine.carryOver = function (lean, history, settings, weighTurn, documents) {
    if (lean < settings.least_leaning || !history.length || settings.turns < 1) return null;
    const terms = new Map();
    const bonuses = new Map();
    let strength = lean;
    for (const turn of history.slice(-settings.turns).reverse()) {
      for (const [term, weight] of weighTurn(turn)) engine.raise(terms, term, weight * strength * settings.term_weight);
      const number = documents.numbers.get(turn.entry);
      if (number !== undefined && number < documents.nEntries) {
        engine.raise(bonuses, number, strength * settings.same_bonus);
        for (const other of documents.related[number]) engine.raise(bonuses, other, strength * settings.related_bonus);
      }
      strength *= settings.decay;
    }
    if (!terms.size && !bonuses.size) return null;
    return { question: history[history.length - 1].question, terms, documents: bonuses };
  };
})(typeof globalThis === "undefined" ? this : globalThis);
