// Says Streamlit's own words in the page's language as they come. A pair is what may be there and what is to be; "{name}" stands for anything.
// Marks the page in the menu, and the group it is in: Streamlit marks the page alone, and only to the eye.
((lang, pairs, page, group) => {
  const ATTRIBUTES = ["aria-label", "placeholder", "title", "data-title", "alt"];
  const LINKS = '[data-testid^="stTopNav"][href], [data-testid="stSidebarNavLink"]';
  const OURS = ".stHtml, .js-plotly-plot .main-svg, textarea, script, style";
  const exact = new Map(pairs.filter(([from, to]) => from !== to));
  const shaped = [...exact].filter(([from]) => from.includes("{name}"))
    .map(([from, to]) => [new RegExp(`^${from.replace(/[.*+?()]/g, "\\$&").replace("{name}", "(.+)")}$`), to]);
  const said = text => exact.get(text) ?? shaped.flatMap(([shape, to]) => shape.test(text) ? [to.replace("{name}", text.match(shape)[1])] : [])[0];

  function mend(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      const to = said(node.nodeValue.trim());
      if (to) node.nodeValue = to;
    } else if (node.nodeType === Node.ELEMENT_NODE && !node.matches(OURS)) {
      for (const name of ATTRIBUTES) {
        const to = node.hasAttribute(name) && said(node.getAttribute(name));
        if (to) node.setAttribute(name, to);
      }
      node.childNodes.forEach(mend);
    }
  }

  function markSoon() { // once a frame: a figure drawn anew changes hundreds of elements
    cancelAnimationFrame(window.ripresaMark);
    window.ripresaMark = requestAnimationFrame(() => { mark(); tell(); show(); answer(); });
  }

  function mark() {
    const here = link => new URL(link.href).pathname.split("/").pop() === page && "page";
    for (const link of document.querySelectorAll(LINKS)) {
      set(link, here(link));
      const address = new URL(link.href);
      address.searchParams.set("lang", lang); // for who opens it in a tab of its own or copies it; a click is Streamlit's
      if (link.href !== address.href) link.href = address.href;
    }
    for (const name of document.querySelectorAll('[data-testid="stTopNavSection"]')) set(name, group && name.textContent.trim() === group && "true");
    const rest = document.querySelector(".rc-overflow-item-rest button"); // "…", behind which the page's name may be
    if (rest) set(rest, !document.querySelector('.rc-overflow-item:not([aria-hidden="true"], .rc-overflow-item-rest) [aria-current]') && "true");
  }

  function tell() { // who does not see the page hears what a choice has changed: the finding of its first figure
    const status = document.getElementById("ripresa-status") ?? document.body.appendChild(Object.assign(document.createElement("div"), {id: "ripresa-status", role: "status"}));
    const finding = document.querySelector(".headline h2")?.textContent ?? "";
    if (finding === status.dataset.finding && page === status.dataset.page) return;
    status.textContent = page === status.dataset.page ? finding : ""; // a page turned to has a heading of its own
    Object.assign(status.dataset, {finding, page});
  }

  function show() { // a choice that is longer than its box is wrapped: no input of a browser does it (style.css)
    for (const input of document.querySelectorAll('[data-testid="stSelectbox"] input')) input.parentElement.dataset.shown = input.value;
  }

  function answer() { // a button that its own press took away gives the keyboard to the sentence that answers, near where it stood
    const pressed = window.ripresaPressed ?? [];
    if (!pressed.length || pressed[0].isConnected || document.activeElement !== document.body || document.querySelector('[data-test-script-state="running"]')) return;
    window.ripresaPressed = [];
    const said = pressed.filter(box => box.isConnected).map(box => box.querySelector(".result-summary, .notice, .headline h2")).find(Boolean);
    said?.setAttribute("tabindex", "-1");
    said?.focus();
  }

  function set(element, current) {
    if (current) element.setAttribute("aria-current", current);
    else element.removeAttribute("aria-current");
  }

  function listen() { // once for the visit
    const app = document.querySelector('[data-testid="stApp"]'), menu = (id, inside = "") => document.querySelector(`[data-testid="${id}"] ${inside}`);
    const close = () => menu("stSidebarCollapseButton", "button")?.click();
    new MutationObserver(() => { // a wire mended may lead to another server, which answers nothing before it has drawn the page
      if (app.dataset.testConnectionState === "CONNECTED") document.querySelector(".st-key-redraw-trigger button")?.click();
    }).observe(app, {attributeFilter: ["data-test-connection-state"]});
    new MutationObserver(answer).observe(app, {attributeFilter: ["data-test-script-state"]});
    document.addEventListener("click", event => {
      window.ripresaPressed = []; // the button and what it stands in
      for (let box = event.target.closest?.(".stButton button"); box; box = box.parentElement) window.ripresaPressed.push(box);
      const at = id => event.target.closest?.(`[data-testid="${id}"]`), narrow = window.innerWidth < 768;
      if (narrow && at("stSidebarNavLink")) close(); // the menu makes room for the page it led to
      if (!at("stExpandSidebarButton")) return;
      if (narrow) Object.keys(localStorage).filter(key => key.startsWith("stSidebarCollapsed-")).forEach(key => localStorage.removeItem(key)); // and is closed at the next arrival
      if (event.detail === 0) setTimeout(() => menu("stSidebarNavLink").focus(), 350); // it takes up the keyboard that opened it
    });
    document.addEventListener("click", event => { // with a key that asks for another tab or window the click is the browser's, which Streamlit would take
      if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.(LINKS)) event.stopPropagation();
    }, true);
    document.addEventListener("keydown", event => { // and Escape closes it
      if (event.key !== "Escape" || !event.target.closest?.('[data-testid="stSidebar"]')) return;
      close();
      setTimeout(() => menu("stExpandSidebarButton").focus(), 350);
    });
  }

  document.documentElement.lang = lang;
  if (!window.ripresaWords) listen();
  window.ripresaWords?.disconnect();
  window.ripresaWords = new MutationObserver(changes => {
    markSoon();
    for (const change of changes) {
      const ours = change.target.parentElement?.closest(OURS) ?? change.target.closest?.(OURS);
      if (!ours) (change.type === "childList" ? change.addedNodes : [change.target]).forEach(mend);
    }
  });
  mend(document.body);
  markSoon();
  window.ripresaWords.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: [...ATTRIBUTES, "value"]});
})
