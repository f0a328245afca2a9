// Where the scripts of the data put what they hold: rules, one index, words to suggest by, and texts as cards need them.
(function (root) {
  "use strict";
  const kb = (root.kb = root.kb || {});
  kb.engine = kb.engine || {};
  kb.texts = kb.texts || {};
  kb.data = kb.data || null;
  kb.engine.rules = kb.engine.rules || null;
  kb.spelling = kb.spelling || null;
  kb.wordings = kb.wordings || null;

  // How text is read, whatever the content: words, patterns and numbers.
  kb.engine.setRules = function (rules) {
    kb.engine.rules = rules;
  };

  kb.index = function (data) {
    kb.data = data;
  };

  // The words that misspelled ones are corrected to.
  kb.setSpelling = function (spelling) {
    kb.spelling = spelling;
  };

  // Words of wordings, for suggestions while somebody types.
  kb.setWordings = function (wordings) {
    kb.wordings = wordings;
  };

  kb.text = function (id, text) {
    kb.texts[id] = text;
  };
})(typeof globalThis === "undefined" ? this : globalThis);
