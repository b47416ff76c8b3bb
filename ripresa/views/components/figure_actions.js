// The buttons under a figure. Data: labels ({action: text}), caption (the figure's title), open ([action]) and, after a click on CSV, file (name, text, nonce).
// Trigger `clicked`: the action of the button clicked.
export default ({ data, parentElement, setTriggerValue }) => {
  const findOrCreate = (parent, selector, tag, properties) => parent.querySelector(selector) ?? parent.appendChild(Object.assign(document.createElement(tag), properties));
  const row = findOrCreate(parentElement, ".figure-actions", "div", { className: "figure-actions", role: "group" }), { labels, caption, open, file } = data;
  row.setAttribute("aria-label", caption);
  for (const [action, label] of Object.entries(labels)) {
    const button = findOrCreate(row, `[value=${action}]`, "button", { type: "button", value: action });
    button.textContent = label;
    button.onclick = () => setTriggerValue("clicked", action);
    if (action !== "csv") button.setAttribute("aria-expanded", open.includes(action));
  }
  if (!file || window.ripresaLastDownload === file.nonce) return;
  window.ripresaLastDownload = file.nonce;
  const address = URL.createObjectURL(new Blob([file.text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};
