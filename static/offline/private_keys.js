// Where a text holds a private key: kb/private_keys.py says what counts as one; the patterns come from kb.secretRules.
(function (kb) {
  "use strict";

  const LETTERS = /[A-Za-z0-9+/]/;
  let key = null; // patterns by name, compiled, and the numbers

  function compile() {
    key = {};
    Object.entries(kb.secretRules.key).forEach(function ([name, value]) {
      key[name] = Array.isArray(value) ? new RegExp(value[0], value[1] + "g") : value;
    });
  }

  // What `pattern` finds in text[start:end], one after the other.
  function* matches(pattern, text, start, end) {
    const searched = end === undefined || end >= text.length ? text : text.slice(0, end);
    let place = start || 0;
    for (;;) {
      pattern.lastIndex = place; // it is shared: set before each use
      const found = pattern.exec(searched);
      if (!found) return;
      place = found.index + found[0].length + (found[0] ? 0 : 1);
      yield found;
    }
  }

  function first(pattern, text, start, end) {
    return matches(pattern, text, start, end).next().value || null;
  }

  function endOf(found) {
    return found.index + found[0].length;
  }

  function lineEnd(text, start) {
    const end = text.indexOf("\n", start);
    return end < 0 ? text.length : end;
  }

  function isRandom(run) {
    const hasAll = /[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run);
    return hasAll && (run.split("/").length - 1) * 6 <= run.length;
  }

  function bodyLength(text, start, end) {
    let length = 0;
    for (const run of matches(key.run, text, start, end)) if (isRandom(run[0])) length += run[0].length;
    return length;
  }

  // Where the Base64 stands that a line ends with, as [first, last]; both the same when there is none.
  function lastRun(line) {
    let rest = line.replace(/["',;\\ \t\r]+$/, "");
    while (/\\[nr]$/.test(rest)) rest = rest.slice(0, -2);
    const letters = rest.replace(/=+$/, "");
    if (rest.length - letters.length > 2) return [rest.length, rest.length];
    let start = letters.length;
    while (start > 0 && LETTERS.test(letters[start - 1])) start -= 1;
    return [start, rest.length];
  }

  function isEndOfKey(line, start, end) {
    const run = line.slice(start, end);
    const stands = start === 0 || " \t\"'>|+".includes(line[start - 1]);
    return run.length > 0 && run.length < 64 && stands && !/^[A-Za-z]+$/.test(run);
  }

  function endOfBody(text, start) {
    let stop = start;
    let end = lineEnd(text, start);
    let margin = 0;
    for (const run of matches(key.run, text, start, end)) {
      if (!isRandom(run[0])) continue;
      const rest = first(key.written_rest, text, endOf(run), end);
      stop = rest && rest.index === endOf(run) ? endOf(rest) : endOf(run);
    }
    while (end < text.length) {
      const lineStart = end + 1;
      end = lineEnd(text, lineStart);
      const line = text.slice(lineStart, end);
      const [from, to] = lastRun(line);
      if (to - from >= key.least_line && isRandom(line.slice(from, to))) {
        stop = lineStart + to;
        margin = from;
      } else if (stop > start && from === margin && isEndOfKey(line, from, to)) return lineStart + to;
      else if (!first(key.pem_header, line)) break;
    }
    return stop;
  }

  function startOfBody(text, end) {
    let lineStart = text.lastIndexOf("\n", end - 1) + 1;
    for (const run of matches(key.run, text, lineStart, end)) if (isRandom(run[0])) return run.index; // all on one line
    let start = end;
    let isLast = true;
    while (lineStart > 0) {
      const stop = lineStart - 1;
      lineStart = stop > 0 ? text.lastIndexOf("\n", stop - 1) + 1 : 0;
      const line = text.slice(lineStart, stop);
      const [from, to] = lastRun(line);
      if (to - from >= key.least_line && isRandom(line.slice(from, to))) start = lineStart + from;
      else if (!(isLast && isEndOfKey(line, from, to))) break;
      isLast = false;
    }
    return start;
  }

  // From each BEGIN to its END, or as far as the key goes on.
  function* blocks(text) {
    for (const begin of matches(key.begin, text)) {
      const from = endOf(begin);
      const most = from + key.longest_block;
      const other = first(key.any_begin, text, from, most);
      const end = first(key.end, text, from, other ? other.index : most);
      const stop = end ? endOf(end) : endOfBody(text, from);
      if (bodyLength(text, from, stop) >= key.least_body) yield [begin.index, stop];
    }
  }

  // From the first line of a key whose BEGIN is missing to its END.
  function* tails(text) {
    for (const end of matches(key.end, text)) {
      const start = startOfBody(text, end.index);
      if (bodyLength(text, start, end.index) >= key.least_body) yield [start, endOf(end)];
    }
  }

  // Keys without markers, known by how they begin.
  function* bare(text) {
    let seen = 0;
    for (const found of matches(key.bare, text)) {
      if (found.index < seen) continue;
      seen = Math.max(endOf(found), endOfBody(text, endOf(found)));
      if (bodyLength(text, found.index, seen) >= key.least_body) yield [found.index, seen];
    }
  }

  function* putty(text) {
    const starts = Array.from(matches(key.putty, text), (found) => found.index);
    for (let place = 0; place < starts.length; place += 1) {
      const start = starts[place];
      const most = Math.min(place + 1 < starts.length ? starts[place + 1] : text.length, start + key.longest_block);
      const lines = text.indexOf("Private-Lines:", start);
      if (lines < 0 || lines >= most) continue;
      const end = first(key.putty_end, text, start, most);
      yield [start, end ? endOf(end) : most];
    }
  }

  // Where private keys stand, as [start, end], in no order; two may overlap.
  kb.keySpans = function (text) {
    if (!key) compile();
    const found = text.includes("PRIVATE") ? [...blocks(text), ...tails(text)] : [];
    const dumps = Array.from(matches(key.dump, text), (dump) => [dump.index, endOf(dump)]);
    return [...found, ...bare(text), ...putty(text), ...dumps];
  };

  kb.matches = matches;
})((globalThis.kb = globalThis.kb || {}));
