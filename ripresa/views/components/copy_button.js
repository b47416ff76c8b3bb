// Copies a text at a click, and says so. Streamlit drops a script that holds "<" before a letter or a slash.
(() => {
  if (window.ripresaCopy) return;
  window.ripresaCopy = true;
  document.addEventListener("click", async event => {
    const button = event.target.closest && event.target.closest("button.copy-button");
    if (!button) return;
    const box = button.closest(".copy-box"), text = box.querySelector("code"), status = box.querySelector('[role="status"]');
    let done = true;
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch (fault) { // no clipboard on a plain http address: the text is selected, and copied the old way where that works
      const range = document.createRange();
      range.selectNodeContents(text);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      done = document.execCommand("copy");
    }
    status.textContent = done ? status.dataset.done : status.dataset.failed;
    setTimeout(() => { status.textContent = ""; }, 4000);
  });
})();
