// The buttons under a figure. Gets names ({what: words}), of (the figure's title), open ([what]) and, once asked for, file (name, text, number).
// Tells `asked`: the button touched.
export default ({ data, parentElement, setTriggerValue }) => {
  const made = (place, words, tag, more) => place.querySelector(words) ?? place.appendChild(Object.assign(document.createElement(tag), more));
  const row = made(parentElement, ".take", "div", { className: "take", role: "group" }), { names, of, open, file } = data;
  row.setAttribute("aria-label", of);
  for (const [what, words] of Object.entries(names)) {
    const button = made(row, `[value=${what}]`, "button", { type: "button", value: what });
    button.textContent = words;
    button.onclick = () => setTriggerValue("asked", what);
    if (what !== "csv") button.setAttribute("aria-expanded", open.includes(what));
  }
  if (!file || window.ripresaTaken === file.number) return;
  window.ripresaTaken = file.number;
  const address = URL.createObjectURL(new Blob([file.text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: address, download: file.name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};
