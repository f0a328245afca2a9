// A conversation as a plain value: what was asked, what was said about the answers, and what follows from both. The same
// rules as the portal's; the words come from kb.words.
(function (kb) {
  "use strict";

  const KINDS = [
    ["question", "question", "questions"],
    ["entry", "entry", "entries"],
    ["step", "step", "steps"],
  ];

  // clock: counts changes, in place of times. anew: what is asked next has nothing to do with what went before.
  function newConversation() {
    return { turns: [], verdicts: [], removed: [], clock: 0, anew: false };
  }

  function changed(talk, values) {
    return Object.assign({}, talk, { clock: talk.clock + 1 }, values);
  }

  // turn: { question, log, exact, section, level, entry_id, carried, standalone, title }
  function addTurn(talk, turn) {
    const number = talk.turns.length + 1;
    return changed(talk, { turns: talk.turns.concat(Object.assign({}, turn, { number: number, at: talk.clock })), anew: false });
  }

  function replaceTurn(talk, number, values) {
    return changed(talk, {
      turns: talk.turns.map(function (turn) {
        return turn.number === number ? Object.assign({}, turn, values) : turn;
      }),
    });
  }

  function verdictOn(talk, kind, target) {
    return talk.verdicts.find(function (item) {
      return item.kind === kind && item.target === target;
    });
  }

  // verdict: { kind, target, verdict, text, guide, reason, note }; a change of mind keeps its place in the list.
  function setVerdict(talk, verdict) {
    const before = verdictOn(talk, verdict.kind, verdict.target);
    const made = Object.assign({ reason: "", note: "", guide: "" }, verdict, { at: before ? before.at : talk.clock });
    const others = talk.verdicts.filter(function (item) {
      return item !== before;
    });
    const key = verdict.kind + ":" + verdict.target;
    return changed(talk, {
      verdicts: others.concat(made).sort(function (one, other) {
        return one.at - other.at;
      }),
      removed: talk.removed.filter(function (item) {
        return item !== key; // it was said again
      }),
    });
  }

  function undoVerdict(talk, kind, target) {
    return changed(talk, {
      verdicts: talk.verdicts.filter(function (item) {
        return item.kind !== kind || item.target !== target;
      }),
    });
  }

  function setRemoved(talk, key, isRemoved) {
    const others = talk.removed.filter(function (item) {
      return item !== key;
    });
    return changed(talk, { removed: isRemoved ? others.concat(key) : others });
  }

  // The earlier turns that turn `number` may lean on; without a number, those for the next one.
  function earlier(talk, number, standalone) {
    if (standalone) return [];
    const before = talk.turns.filter(function (turn) {
      return number === undefined || turn.number < number;
    });
    const starts = before.map(function (turn) {
      return turn.standalone;
    });
    const kept = before.slice(Math.max(0, starts.lastIndexOf(true)));
    return kept.map(function (turn) {
      return { question: turn.question, log: turn.log, entry_id: turn.entry_id };
    });
  }

  // The question of a turn on one line, or the first line of its log that says anything when nothing else was asked.
  function questionText(turn) {
    for (const text of [turn.question, turn.log]) {
      const line = text.split("\n").find(function (item) {
        return item.trim();
      });
      if (line) return line.split(/\s+/).filter(Boolean).join(" ");
    }
    return "";
  }

  function outcome(kind, verdict) {
    return kb.words.outcomes[kind][verdict];
  }

  // Everything that was tried, oldest first, what was removed too: { key, kind, target, text, guide, outcome, isRemoved }.
  function triedItems(talk) {
    const asked = talk.turns.map(function (turn) {
      const target = String(turn.number);
      return { at: turn.at, kind: "question", target: target, text: questionText(turn), guide: "", outcome: "" };
    });
    const judged = talk.verdicts.map(function (item) {
      return Object.assign({}, item, { outcome: outcome(item.kind, item.verdict) });
    });
    const items = asked.concat(judged).sort(function (one, other) {
      return one.at - other.at; // stable: a question comes before its verdicts
    });
    return items.map(function (item) {
      const key = item.kind + ":" + item.target;
      return Object.assign({}, item, { key: key, isRemoved: talk.removed.includes(key) });
    });
  }

  // The item as one line of a report.
  function triedLine(item) {
    return kb.words.lines[item.kind].replace(/__([a-z]+)__/g, function (blank, name) {
      return item[name];
    });
  }

  // What a report is filled in with: { question, tried, log, from }; from: in words, empty when nothing is.
  function reportFilling(talk) {
    const items = triedItems(talk).filter(function (item) {
      return !item.isRemoved;
    });
    const turns = talk.turns.filter(function (turn) {
      return items.some(function (item) {
        return item.kind === "question" && item.target === String(turn.number);
      });
    });
    const last = turns[turns.length - 1];
    const logged = turns.filter(function (turn) {
      return turn.log;
    });
    const counts = KINDS.map(function (kind) {
      const count = items.filter(function (item) {
        return item.kind === kind[0];
      }).length;
      return count ? kb.plural(count, kind[1], kind[2]) : "";
    });
    return {
      question: last ? questionText(last) : "",
      tried: items.map(triedLine).join("\n"),
      log: logged.length ? logged[logged.length - 1].log.trim() : "",
      from: counts.filter(Boolean).join(", "),
    };
  }

  Object.assign(kb, { newConversation, addTurn, replaceTurn, verdictOn, setVerdict, undoVerdict, setRemoved, earlier, questionText, triedItems, triedLine, reportFilling }); // prettier-ignore
})((globalThis.kb = globalThis.kb || {}));
