// Secrets in what people paste: found by name, so that they can be refused, or masked before anything is kept. The same
// finds as kb/secret_scan.py; the rules come from kb.secretRules, see kb.openSecrets.
(function (kb) {
  "use strict";

  let rules = null; // kb.secretRules with its patterns compiled

  function compile() {
    const given = kb.secretRules;
    const pattern = (pair) => new RegExp(pair[0], pair[1] + "gd");
    rules = {
      rules: given.rules.map(([name, hints, source, test]) => ({ name, hints, test, pattern: pattern(source) })),
      tokens: given.tokens.map(pattern),
      candidate: pattern(given.token_candidate),
      cookie: pattern(given.cookie),
      cookieHeader: pattern(given.cookie_header),
      sessionName: new RegExp(...given.session_name),
      placeholder: new RegExp("^(?:" + given.placeholder[0] + ")", given.placeholder[1]),
      status: new Set(given.status),
    };
  }

  function isValue(value) {
    return Boolean(value.trim()) && !rules.placeholder.test(value);
  }

  const isAllOf = (pattern, text) => pattern.test(text);
  const isAlnum = (text) => isAllOf(/^[\p{L}\p{N}]+$/u, text);

  function isNoStatus(value) {
    return !rules.status.has(value.replace(/^[.,;:!?()]+|[.,;:!?()]+$/g, "").toLowerCase());
  }

  function isMade(value) {
    const hasBoth = /\p{Nd}/u.test(value) && /\p{L}/u.test(value);
    const length = Array.from(value).length;
    return isNoStatus(value) && ((hasBoth && length >= 8) || (length >= 20 && isAlnum(value)));
  }

  function isOpaque(value) {
    const letters = value.replace(/[-%_]/g, "");
    const isOneKind = isAllOf(/^\p{L}+$/u, letters) || isAllOf(/^\p{Nd}+$/u, letters);
    return Array.from(letters).length >= 32 && isAlnum(letters) && !isOneKind;
  }

  function isNameAndPassword(value) {
    try {
      const plain = atob(value.replace(/=+$/, ""));
      return plain.includes(":") && isAllOf(/^[\x00-\x7f]*$/, plain); // eslint-disable-line no-control-regex
    } catch {
      return false;
    }
  }

  const TESTS = { any: () => true, "no status": isNoStatus, made: isMade, "name and password": isNameAndPassword };

  // Of the named groups, the first that took part, as [start, end].
  function secretSpan(found) {
    const name = ["double", "single", "parts", "secret"].find((group) => found.groups && found.groups[group] !== undefined);
    return found.indices.groups[name];
  }

  function* ruleSpans(text) {
    const folded = text.toLowerCase();
    for (const rule of rules.rules) {
      if (!rule.hints.some((hint) => folded.includes(hint))) continue;
      for (const found of kb.matches(rule.pattern, text)) {
        const [start, end] = secretSpan(found);
        const value = text.slice(start, end);
        if (isValue(value) && TESTS[rule.test](value)) yield [start, end, rule.name];
      }
    }
  }

  function* cookieSpans(text) {
    for (const header of kb.matches(rules.cookieHeader, text)) {
      const [from, to] = header.indices.groups.cookies;
      for (const cookie of kb.matches(rules.cookie, text, from, to)) {
        const { name, secret } = cookie.groups;
        if ((rules.sessionName.test(name) || isOpaque(secret)) && isValue(secret)) {
          yield [...cookie.indices.groups.secret, "session cookie"];
        }
      }
    }
  }

  function* tokenSpans(text) {
    for (const candidate of kb.matches(rules.candidate, text)) {
      const end = candidate.index + candidate[0].length;
      for (const pattern of rules.tokens) {
        for (const found of kb.matches(pattern, text, candidate.index, end)) yield [...found.indices[0], "token"];
      }
    }
  }

  // The secrets of a text, in order, as { name, line, start, end }; no two overlap. Rules must be loaded.
  kb.findSecrets = function (text) {
    if (!rules) compile();
    const keys = kb.keySpans(text).map((span) => [...span, "private key"]);
    const all = [...keys, ...tokenSpans(text), ...cookieSpans(text), ...ruleSpans(text)];
    all.sort((one, other) => one[0] - other[0] || other[1] - one[1]);
    const found = [];
    all.forEach(function ([start, end, name]) {
      const last = found[found.length - 1];
      if (!last || start >= last.end) found.push({ start: start, end: end, name: name });
      else if (end > last.end || name === "private key") {
        if (name === "private key") last.name = name; // overlapping ones go together
        last.end = Math.max(end, last.end);
      }
    });
    found.forEach((secret) => (secret.line = text.slice(0, secret.start).split("\n").length));
    return found;
  };

  function maskedOnce(text, but) {
    let made = "";
    let place = 0;
    kb.findSecrets(text).forEach(function (secret) {
      if (secret.name === but) return;
      made += text.slice(place, secret.start) + kb.secretRules.removed[secret.name];
      place = secret.end;
    });
    return made + text.slice(place);
  }

  // The text with a note in place of each secret; but: the name of secrets that stay.
  kb.mask = function (text, but) {
    let before = text;
    for (let pass = 0; pass < kb.secretRules.passes; pass += 1) {
      const masked = maskedOnce(before, but);
      if (masked === before) break;
      before = masked; // what hides behind one secret may show only when that one is gone
    }
    return before;
  };
})((globalThis.kb = globalThis.kb || {}));
