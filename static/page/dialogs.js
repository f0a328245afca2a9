// Dialogs in the place of pages that ask something.
(function (kb) {
  "use strict";

  // Links to a page that asks something open it as a dialog; its own buttons close it, and the focus returns to the link.
  function openDialog(event) {
    const link = event.target.closest("a[data-dialog]");
    const dialog = link && document.getElementById(link.dataset.dialog);
    if (!dialog || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    dialog.showModal();
    dialog.querySelector("[data-focus]").focus(); // browsers complain about autofocus in a frame of another site
  }

  document.addEventListener("click", openDialog);
})((globalThis.kb = globalThis.kb || {}));
