// Copies the text of a copy box at a click on its button, and confirms it in the box's live region.
// Streamlit drops a script that holds "<" before a letter or a slash (build_script_element).
(() => {
  if (window.ripresaCopyButton) return;
  window.ripresaCopyButton = true;
  const CONFIRMATION_MS = 4000;

  function copySelected(element) { // without the clipboard API, which needs https: select the text and use the old command
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy");
  }

  document.addEventListener("click", async event => {
    const button = event.target.closest && event.target.closest("button.copy-button");
    if (!button) return;
    const box = button.closest(".copy-box"), code = box.querySelector("code"), status = box.querySelector('[role="status"]');
    const isCopied = await navigator.clipboard?.writeText(code.textContent).then(() => true, () => false) || copySelected(code);
    status.textContent = isCopied ? status.dataset.done : status.dataset.failed;
    setTimeout(() => { status.textContent = ""; }, CONFIRMATION_MS);
  });
})();
