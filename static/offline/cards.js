// The card of an answer: the portal's markup, its blanks filled in and what does not apply taken out.
(function (kb) {
  "use strict";

  // Spoken when an answer arrives.
  kb.saidAbout = function (answer) {
    const others = answer.candidates.length;
    if (answer.level === "none") return kb.words.nothing;
    const sentence =
      answer.level === "weak"
        ? kb.words.close[others === 1 ? 0 : 1]
        : kb.words.answered[answer.level][Math.min(others, 2)];
    return sentence.replace("__count__", others).replace("__title__", function () {
      return shortTitle(answer.hits[0].title);
    });
  };

  function shortTitle(title) {
    const words = title.split(/\s+/).filter(Boolean);
    const most = kb.words.title_words;
    return words.length <= most ? words.join(" ").replace(/[?.!]+$/, "") : words.slice(0, most).join(" ") + " …";
  }

  // The entry or guide that the card shows as the answer; null below the weak line.
  kb.answering = function (answer) {
    return answer.level === "strong" || answer.level === "possible" ? answer.hits[0] : null;
  };

  function parts(text, spans, from, to) {
    const made = [];
    let place = from;
    spans.forEach(function (span) {
      const start = Math.max(span[0], place);
      const end = Math.min(span[1], to);
      if (start >= end) return;
      made.push(text.slice(place, start), kb.make("code", { textContent: text.slice(start, end) }));
      place = end;
    });
    return made.concat(text.slice(place, to));
  }

  // The passage with its sentence marked, inline code as code.
  function passage(snippet) {
    const [start, end] = snippet.mark;
    const piece = function (from, to) {
      return parts(snippet.text, snippet.codeSpans, from, to);
    };
    const marked = end > start ? [kb.make("mark", {}, piece(start, end))] : [];
    return [].concat(piece(0, start), marked, piece(end, snippet.text.length));
  }

  // Fills a block of code with a command; its words are coloured by class, as on the entry's page.
  function showCommand(block, command, names) {
    const name = kb.words.code[command.language] || "Code";
    names[name] = (names[name] || 0) + 1;
    block.dataset.code = command.language || "text";
    block.querySelector("pre").setAttribute("aria-label", names[name] === 1 ? name : name + " " + names[name]);
    block.querySelector("code").replaceChildren(
      ...command.runs.map(function (run) {
        return run[0] ? kb.make("span", { className: run[0], textContent: run[1] }) : run[1];
      }),
    );
  }

  // snippet: of the engine; null for an entry without any text.
  function showPassage(best, snippet, card) {
    const quote = best.querySelector(".passage");
    if (!snippet) {
      const short = card && card.short;
      if (short) quote.replaceWith(kb.make("p", { textContent: short }));
      else quote.remove();
      return;
    }
    if (!snippet.historic) {
      quote.classList.remove("passage-historic");
      kb.drop(quote, ".historic-label");
    } else if (!card.applies_to) {
      const label = quote.querySelector(".historic-label");
      label.textContent = label.textContent.replace(/:\s*$/, "");
    }
    if (!snippet.heading) kb.drop(quote, ".passage-label .meta");
    if (snippet.text) quote.querySelector("blockquote p").replaceChildren(...passage(snippet));
    else kb.drop(quote, "blockquote");
    const names = {};
    kb.repeat(quote.querySelector(".code"), snippet.commands, function (block, command) {
      showCommand(block, command, names);
    });
  }

  // The link to the first guide of the answer.
  function showGuide(root, guide) {
    const link = root.querySelector(".guide-link");
    if (!guide) return link && link.remove();
    link.querySelector(".count").textContent = "· " + kb.plural(guide.steps, "step", "steps");
    return kb.fill(link, { guide: guide.id, guide_title: guide.title });
  }

  function showCandidates(root, answer) {
    const others = root.querySelector(".others");
    if (!answer.candidates.length) return others.remove();
    others.querySelector("summary").textContent = kb.plural(answer.candidates.length, "other entry", "other entries");
    const items = others.querySelectorAll("li"); // one of each level
    const samples = { possible: items[0], weak: items[1] };
    const list = items[0].parentElement;
    const made = answer.candidates.map(function (candidate) {
      return kb.fill(samples[candidate.level].cloneNode(true), { other: candidate.id, other_title: candidate.title });
    });
    list.replaceChildren(...made);
    return undefined;
  }

  function showWhy(root, why) {
    const synonyms = why.synonyms || [];
    const pattern = root.querySelector(".why div:nth-child(3) dd").textContent;
    const values = [
      why.error_text,
      why.matched.join(", "),
      synonyms
        .map(function (pair) {
          return pattern.replace("__said__", () => pair[0]).replace("__meant__", () => pair[1]);
        })
        .join("; "),
      why.ignored.join(", "),
      why.unknown.join(", "),
    ];
    if (!values.some(Boolean)) return root.querySelector(".why").remove();
    root.querySelectorAll(".why dl > div").forEach(function (row, place) {
      if (values[place]) (row.querySelector("dd code") || row.querySelector("dd")).textContent = values[place];
      else row.remove();
    });
    return undefined;
  }

  // The question above an answer, with the log that came with it.
  function showQuestion(root, turn) {
    if (!turn.question) root.querySelector(".asked").textContent = kb.words.log_question;
    if (!turn.log) return kb.drop(root, ".bubble .log");
    const count = turn.log.replace(/^\n+|\n+$/g, "").split("\n").length;
    root.querySelector(".bubble .log summary").textContent = "Log, " + kb.plural(count, "line", "lines");
    return undefined;
  }

  function note(name, turn, values) {
    const made = kb.fill(kb.cloned("note-" + name), values || {}).firstElementChild;
    made.dataset.turn = turn.number;
    return made;
  }

  // The words that were typed or searched, as emphasised ones with commas between them.
  function emphasise(sample, words) {
    const made = [];
    words.forEach(function (word, place) {
      const copy = sample.cloneNode(false);
      copy.textContent = word;
      if (place) made.push(", ");
      made.push(copy);
    });
    sample.replaceWith(...made);
  }

  // What was searched instead of what was typed, and with which earlier question; each with the way to do without.
  function notes(turn, answer) {
    const made = [];
    if (answer.corrected) {
      const typed = answer.correction.map((pair) => pair[0]);
      const searched = answer.correction.map((pair) => pair[1]);
      const corrected = note("corrected", turn, { typed: typed.join(", ") || turn.question });
      emphasise(corrected.querySelector("em"), searched.length ? searched : [answer.corrected]);
      made.push(corrected);
    } else if (turn.exact) made.push(note("exact", turn));
    if (answer.carried) made.push(note("carried", turn, { carried: answer.carried }));
    else if (turn.standalone && turn.number > 1) made.push(note("alone", turn));
    return made;
  }

  // A turn with its answer in full. shown: { meta, snippet, text, why, guide } of what answers; see asking.js.
  kb.turnCard = function (talk, turn, answer, shown) {
    const first = kb.answering(answer);
    const root = kb.cloned(first ? answer.level + "-" + first.kind : answer.level).firstElementChild;
    const meta = shown.meta;
    showQuestion(root, turn);
    kb.fill(root, {
      number: turn.number,
      question: turn.question,
      log: turn.log,
      [first && first.kind === "guide" ? "guide" : "id"]: first ? first.id : "",
      title: first ? first.title : "",
      section_title: meta ? meta.section_title : "",
      applies: shown.text ? shown.text.applies_to : "",
      anchor: shown.snippet ? shown.snippet.anchor : "",
      heading: shown.snippet ? shown.snippet.heading : "",
      feedback: "feedback-" + turn.number,
    });
    if (first) {
      const best = root.querySelector(".best");
      showPassage(best, shown.snippet, shown.text);
      if (!shown.snippet) best.querySelector(".read-on a").href = kb.placeOf(first.kind, first.id);
      if (!meta.reviewed) best.querySelector(".updated").replaceWith(meta.section_title);
      showCandidates(root, answer);
    }
    if (answer.level !== "none") showWhy(root, shown.why);
    showGuide(root, first && first.kind === "guide" ? meta : shown.guide);
    const time = meta && root.querySelector(".best time");
    if (time) {
      time.dateTime = meta.reviewed;
      time.textContent = kb.day(meta.reviewed);
    }
    if (answer.level === "weak") {
      kb.repeat(root.querySelector(".equals li"), answer.candidates, function (item, candidate) {
        kb.fill(item, { other: candidate.id, other_title: candidate.title });
        item.querySelector(".meta").textContent = shown.sectionTitle(candidate.section);
      });
    }
    root.querySelector(".card").prepend(...notes(turn, answer));
    root.dataset.said = kb.saidAbout(answer);
    return root;
  };

  // A turn above the newest one: the answer folded to its title and verdict.
  kb.earlierCard = function (talk, turn, text) {
    const isAnswered = (turn.level === "strong" || turn.level === "possible") && turn.entry_id;
    const verdict = isAnswered ? kb.verdictOn(talk, "entry", turn.entry_id) : null;
    const level = turn.level === "none" || isAnswered ? turn.level : "weak";
    const name = isAnswered ? level + "-" + (verdict ? verdict.verdict : "open") : level;
    const root = kb.cloned("earlier-" + name).firstElementChild;
    showQuestion(root, turn);
    if (isAnswered && !(text && text.short)) kb.drop(root, ".badge-line + p:not(.read-on)");
    return kb.fill(root, {
      number: turn.number,
      question: turn.question,
      log: turn.log,
      id: turn.entry_id,
      title: turn.title,
      short: text ? text.short : "",
      feedback: "feedback-" + turn.number,
    });
  };
})((globalThis.kb = globalThis.kb || {}));
