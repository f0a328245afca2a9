// What the conversation is kept in: the page, and the browser's storage of this tab where there is one. It ends with the tab.
//
// Some browsers give every file on a disk a storage of its own, none to a frame of another site, and no new tab has that of
// the tab it was opened from. There a link to another page of the copy takes the conversation along in its fragment, which
// the next page reads, keeps and takes out of the address.
(function (kb) {
  "use strict";

  const HOME = kb.isSingle ? location.href.split("#")[0] : new URL(kb.place("index"), location.href).href;
  const KEY = "kb-conversation " + HOME; // other copies keep their own
  const HANDED = "#kept="; // how a fragment begins that brings a conversation along
  const LONGEST_FRAGMENT = 60000; // characters; beyond, what some browsers take in an address ends
  let kept = null;
  let isStored = location.protocol !== "file:"; // does the next page find it in the storage?

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
    const brought = location.hash.slice(HANDED.length);
    const packed = brought.split("&", 1)[0];
    const anchor = brought.slice(packed.length + 1); // or a question
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
    } catch {
      isStored = false; // then it lives as long as the page
    }
    return conversation;
  }

  // `address` of another page of the copy with the conversation in it; as it is where there is nothing to take along.
  function packed(address) {
    const [page, anchor] = new URL(address, location.href).href.split("#");
    const isHere = page === location.href.split("#")[0];
    if (kb.isSingle || isHere || !kept || !(kept.turns.length || kept.verdicts.length) || !isInCopy(page)) return address;
    const text = encodeURIComponent(JSON.stringify(kept));
    return text.length > LONGEST_FRAGMENT ? address : page + HANDED + text + (anchor ? "&" + anchor : "");
  }

  // The address to go to, for scripts that leave the page.
  function onward(address) {
    return isStored ? address : packed(address);
  }

  // Where the next page does not find the conversation, links to other pages of the copy take it along. Out of the help
  // widget that is every new tab; elsewhere a new tab is somebody's wish for a page of its own.
  function takeAlong(event) {
    const link = event.target.closest && event.target.closest("a[href]");
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    const isNewTab = Boolean(link) && link.target === "_blank" && kb.isEmbedded;
    if (!link || !isPlain || link.hasAttribute("download") || !(isNewTab || (!isStored && !link.target))) return;
    const taken = packed(link.href);
    if (taken === link.href) return;
    event.preventDefault();
    if (isNewTab) window.open(taken, "_blank", "noopener");
    else location.assign(taken);
  }

  function isInCopy(address) {
    return address.startsWith(HOME.slice(0, HOME.lastIndexOf("/") + 1)) && /\.html$/.test(address);
  }

  document.addEventListener("click", takeAlong);
  kb.recall = recall;
  kb.keep = keep;
  kb.onward = onward;
})((globalThis.kb = globalThis.kb || {}));
