// What the conversation is kept in: the page, and the browser's storage of this tab where there is one. It ends with the tab.
//
// Some browsers give every file on a disk a storage of its own. A link to another page of the copy therefore takes the
// conversation along in its fragment, which the next page reads, keeps and takes out of the address.
(function (kb) {
  "use strict";

  const HOME = kb.isSingle ? location.href.split("#")[0] : new URL(kb.place("index"), location.href).href;
  const KEY = "kb-conversation " + HOME; // other copies keep their own
  const HANDED = "#kept="; // how a fragment begins that brings a conversation along
  const LONGEST_FRAGMENT = 60000; // characters; beyond, what some browsers take in an address ends
  let kept = null;

  function read(text) {
    try {
      const value = JSON.parse(text);
      return value && Array.isArray(value.turns) && Array.isArray(value.verdicts) ? value : null;
    } catch {
      return null;
    }
  }

  function stored() {
    try {
      return read(sessionStorage.getItem(KEY));
    } catch {
      return null; // storage is switched off
    }
  }

  // What the fragment brought, which is gone from the address afterwards.
  function handed() {
    if (!location.hash.startsWith(HANDED)) return null;
    const [packed, anchor] = location.hash.slice(HANDED.length).split("&");
    history.replaceState(null, "", location.href.split("#")[0] + (anchor ? "#" + anchor : ""));
    if (anchor && document.getElementById(anchor)) document.getElementById(anchor).scrollIntoView();
    try {
      return read(decodeURIComponent(packed));
    } catch {
      return null;
    }
  }

  // The conversation as it is now; kb.newConversation() when there is none.
  function recall() {
    if (!kept) {
      const found = [handed(), stored()].filter(Boolean);
      found.sort(function (one, other) {
        return other.clock - one.clock;
      });
      kept = found[0] || kb.newConversation();
      keep(kept);
    }
    return kept;
  }

  function keep(conversation) {
    kept = conversation;
    try {
      if (conversation.turns.length || conversation.verdicts.length) {
        sessionStorage.setItem(KEY, JSON.stringify(conversation));
      } else sessionStorage.removeItem(KEY);
    } catch {} // then it lives as long as the page
    return conversation;
  }

  // Where storage may belong to one file alone, links to other pages of the copy take the conversation along.
  function takeAlong(event) {
    const link = event.target.closest && event.target.closest("a[href]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || location.protocol !== "file:" || link.target || link.hasAttribute("download")) return;
    const [address, anchor] = link.href.split("#");
    const isHere = address === location.href.split("#")[0];
    if (isHere || !kept || !(kept.turns.length || kept.verdicts.length) || !isInCopy(address)) return;
    const packed = encodeURIComponent(JSON.stringify(kept));
    if (packed.length > LONGEST_FRAGMENT || (anchor || "").includes("=")) return;
    event.preventDefault();
    location.assign(address + HANDED + packed + (anchor ? "&" + anchor : ""));
  }

  function isInCopy(address) {
    return address.startsWith(HOME.slice(0, HOME.lastIndexOf("/") + 1)) && /\.html$/.test(address);
  }

  document.addEventListener("click", takeAlong);
  kb.recall = recall;
  kb.keep = keep;
})((globalThis.kb = globalThis.kb || {}));
