// How far to trust the first hit: kb/levels.py.
(function (root) {
  "use strict";
  const engine = (root.kb = root.kb || {}).engine || (root.kb.engine = {});

  // The probability that the first hit answers the question. mostStrength: beyond it, more terms make no answer surer.
  engine.confidence = function (features, levels, mostStrength) {
    if (!features.coverage) return 0;
    let total = levels.bias;
    for (const [name, weight] of Object.entries(levels.weights)) {
      total += weight * (name === "strength" ? Math.min(features.strength, mostStrength) : features[name]);
    }
    return 1 / (1 + Math.exp(-Math.max(-40, Math.min(40, total))));
  };

  engine.levelOf = function (probability, levels) {
    if (probability >= levels.strong_from) return "strong";
    if (probability >= levels.possible_from) return "possible";
    return probability >= levels.weak_from ? "weak" : "none";
  };
})(typeof globalThis === "undefined" ? this : globalThis);
