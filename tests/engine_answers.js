// Answers of the browser's engine in Node: node engine_answers.js ASSETS < requests > answers, JSON lines both.
// ASSETS: folder with engine.js, index.js, spelling.js, wordings.js and texts/.
"use strict";
const fs = require("fs");
const path = require("path");

const assets = path.resolve(process.argv[2]);
for (const name of ["engine.js", "index.js", "spelling.js", "wordings.js"]) require(path.join(assets, name));
const { kb } = globalThis;
const engine = kb.engine.open(kb.data, kb.texts);

// What a page does: load the texts that the question needs, ask, then load that of the entry to show.
function load(id) {
  if (!kb.texts[id]) require(path.join(assets, "texts", id + ".js"));
  return kb.texts[id];
}

function answerTo(request) {
  engine.needs(request).forEach(load);
  const answer = engine.ask(request);
  if (answer.error) return { error: answer.error };
  delete answer.took_ms;
  const snippet = answer.entry ? engine.snippet(answer, load(answer.entry)) : null;
  const first = answer.hits.find((hit) => hit.kind === "entry");
  const why = first ? engine.why(answer, load(first.id)) : answer.why;
  return { ...answer, why, snippet, suggestions: engine.suggest(request.question || "").map((item) => item.id) };
}

const requests = fs.readFileSync(0, "utf8").split("\n").filter(Boolean);
for (const line of requests) process.stdout.write(JSON.stringify(answerTo(JSON.parse(line))) + "\n");
