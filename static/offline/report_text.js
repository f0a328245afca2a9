// A problem report as a plain value: what is wrong with it, and its text as Markdown and plain. The same rules as the
// portal's (kb/report.py); the fields come with the form, the words from kb.words.
//
// fields: [{ id, label, limit, required, is_code, is_plural, or_log }]; values: by id of the field.
(function (kb) {
  "use strict";

  const MARKUP = /[\\`*_[\]<>#&|!~]/g;

  function filled(sentence, values) {
    return sentence.replace(/__([a-z]+)__/g, (blank, name) => (name in values ? values[name] : blank));
  }

  // One sentence for each kind of secret in a text that must not hold any.
  function secretMessages(field, text) {
    const words = kb.words.report;
    const seen = new Set();
    const messages = [];
    kb.findSecrets(text).forEach(function (secret) {
      if (seen.has(secret.name)) return;
      seen.add(secret.name);
      const inside = text.slice(secret.start, secret.end);
      const last = secret.line + inside.split("\n").length - 1;
      const isKey = secret.name === "private key" && inside.includes("BEGIN");
      const way = words.ways[isKey ? "key" : last > secret.line ? "lines" : "line"];
      messages.push(
        filled(words.secret[field.is_plural ? 1 : 0], {
          label: field.label,
          name: secret.name,
          way: filled(way, { first: secret.line, last: last }),
        }),
      );
    });
    return messages;
  }

  // What has to be mended, in the order of the form, as { field, message }.
  kb.checkReport = function (fields, values, hasCrashed) {
    const words = kb.words.report;
    const problems = [];
    fields.forEach(function (field) {
      const value = (values[field.id] || "").trim();
      const say = (message) => problems.push({ field: field.id, message: filled(message, { label: field.label }) });
      const isMet = field.or_log && (values.log || "").trim(); // nothing is typed twice
      if (!value && field.required === "always" && !isMet) say(words.fill);
      else if (!value && field.required === "core-dump" && hasCrashed) say(words.fill_after_crash);
      if (Array.from(value).length > field.limit) say(words.too_long[field.limit]);
      secretMessages(field, value).forEach((message) => problems.push({ field: field.id, message: message }));
    });
    return problems;
  };

  // The values without secrets; private keys stay, so that kb.checkReport refuses them by name.
  kb.maskReport = function (values) {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, kb.mask(value, "private key")]));
  };

  function filledRows(fields, values) {
    const rows = fields.map(function (field) {
      const value = (values[field.id] || "").trim();
      if (field.id !== "tried") return [field.label, value];
      const lines = value.split("\n").map((line) => line.trim());
      return [field.label, lines.filter(Boolean).join("\n")];
    });
    return rows.filter((row) => row[1]);
  }

  // The report as Markdown; what people typed stands in fences, so that nothing in it is markup.
  kb.reportMarkdown = function (fields, values) {
    const parts = filledRows(fields, values).map(function ([label, text]) {
      const runs = text.match(/`+/g) || [];
      const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
      return "## " + label.replace(MARKUP, "\\$&") + "\n\n" + fence + "text\n" + text.trimEnd() + "\n" + fence;
    });
    return ["# Problem report", ...parts].join("\n\n") + "\n";
  };

  kb.reportText = function (fields, values) {
    const parts = filledRows(fields, values).map(function ([label, text]) {
      const lines = text.split("\n").map((line) => ("  " + line).trimEnd());
      return label + "\n" + "-".repeat(Array.from(label).length) + "\n\n" + lines.join("\n");
    });
    return ["Problem report", ...parts].join("\n\n") + "\n";
  };
})((globalThis.kb = globalThis.kb || {}));
