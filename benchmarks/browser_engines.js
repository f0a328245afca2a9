// Makes the indexes of the other engines: node browser_engines.js MODULES SITE. SITE holds documents.json, [{id, title, other, body}].
"use strict";
const fs = require("fs");
const path = require("path");

const [modules, site] = process.argv.slice(2).map((name) => path.resolve(name));
const from = (name) => require(path.join(modules, "node_modules", name));
const documents = JSON.parse(fs.readFileSync(path.join(site, "documents.json"), "utf8"));
const write = (name, text) => fs.writeFileSync(path.join(site, name), text);

const MiniSearch = from("minisearch/dist/cjs/index.cjs");
const mini = new MiniSearch({ fields: ["title", "other", "body"] });
mini.addAll(documents);
write("minisearch.js", fs.readFileSync(path.join(modules, "node_modules/minisearch/dist/umd/index.js")));
write("minisearch-index.js", "var miniIndex=" + JSON.stringify(JSON.stringify(mini)) + ";");

const lunr = from("lunr");
const built = lunr(function () {
  this.ref("id");
  this.field("title", { boost: 2 });
  this.field("other");
  this.field("body");
  documents.forEach((document) => this.add(document));
});
write("lunr.js", fs.readFileSync(path.join(modules, "node_modules/lunr/lunr.min.js")));
write("lunr-index.js", "var lunrIndex=" + JSON.stringify(built) + ";");

(async function () {
  const pagefind = await import(path.join(modules, "node_modules/pagefind/lib/index.js"));
  const { index } = await pagefind.createIndex({});
  for (const { id, title, other, body } of documents) {
    await index.addCustomRecord({ url: "/" + id, content: [title, other, body].join("\n"), language: "en", meta: { title } });
  }
  await index.writeFiles({ outputPath: path.join(site, "pagefind") });
  await pagefind.close();
})();
