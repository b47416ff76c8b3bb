// Translates Streamlit's own texts as they appear, marks the current page in the menu, and adds what Streamlit's
// interface lacks for keyboards and screen readers.
// translations: [text, translation] pairs, where "{name}" matches any text. Streamlit marks the current page with colour alone, and not its group.
((lang, translations, page, pageGroup) => {
  const byTestId = id => `[data-testid="${id}"]`;
  const STREAMLIT = { // private parts of Streamlit: tests/test_streamlit_testids.py checks that they exist
    app: byTestId("stApp"),
    menuLink: `[data-testid^="stTopNav"][href], ${byTestId("stSidebarNavLink")}`,
    menuGroup: byTestId("stTopNavSection"),
    overflowButton: ".rc-overflow-item-rest button",
    currentOutsideOverflow: '.rc-overflow-item:not([aria-hidden="true"], .rc-overflow-item-rest) [aria-current]',
    sidebar: byTestId("stSidebar"),
    sidebarLink: byTestId("stSidebarNavLink"),
    sidebarClose: `${byTestId("stSidebarCollapseButton")} button`,
    sidebarOpen: byTestId("stExpandSidebarButton"),
    sidebarStoragePrefix: "stSidebarCollapsed-", // keys of localStorage
    selectInput: `${byTestId("stSelectbox")} input`,
    button: ".stButton button",
    running: '[data-test-script-state="running"]',
    connectionState: "data-test-connection-state",
    scriptState: "data-test-script-state",
  };
  const TRANSLATED_ATTRIBUTES = ["aria-label", "placeholder", "title", "data-title", "alt"];
  const UNTRANSLATED = ".stHtml, .js-plotly-plot .main-svg, textarea, script, style"; // in the page's language already
  const SIDEBAR_ANIMATION_MS = 350, OVERLAY_SIDEBAR_WIDTH = 768;

  const exact = new Map(translations.filter(([from, to]) => from !== to));
  const patterns = [...exact].filter(([from]) => from.includes("{name}"))
    .map(([from, to]) => [new RegExp(`^${from.replace(/[.*+?()]/g, "\\$&").replace("{name}", "(.+)")}$`), to]);

  function translate(text) {
    if (exact.has(text)) return exact.get(text);
    const [pattern, to] = patterns.find(([pattern]) => pattern.test(text)) ?? [];
    return pattern && to.replace("{name}", text.match(pattern)[1]);
  }

  function translateTree(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      const translation = translate(node.nodeValue.trim());
      if (translation) node.nodeValue = translation;
    } else if (node.nodeType === Node.ELEMENT_NODE && !node.matches(UNTRANSLATED)) {
      for (const name of TRANSLATED_ATTRIBUTES) {
        const translation = node.hasAttribute(name) && translate(node.getAttribute(name));
        if (translation) node.setAttribute(name, translation);
      }
      node.childNodes.forEach(translateTree);
    }
  }

  function scheduleUpdate() { // once per frame: a redrawn figure changes hundreds of elements
    cancelAnimationFrame(window.ripresaUpdateRequest);
    window.ripresaUpdateRequest = requestAnimationFrame(() => { markCurrentPage(); announceHeadline(); copySelectValues(); focusAnswer(); });
  }

  function setCurrent(element, value) {
    if (value) element.setAttribute("aria-current", value);
    else element.removeAttribute("aria-current");
  }

  function markCurrentPage() {
    for (const link of document.querySelectorAll(STREAMLIT.menuLink)) {
      const url = new URL(link.href);
      setCurrent(link, url.pathname.split("/").pop() === page && "page");
      url.searchParams.set("lang", lang); // for links copied or opened in a new tab; Streamlit handles plain clicks itself
      if (link.href !== url.href) link.href = url.href;
    }
    for (const group of document.querySelectorAll(STREAMLIT.menuGroup)) setCurrent(group, pageGroup && group.textContent.trim() === pageGroup && "true");
    const overflow = document.querySelector(STREAMLIT.overflowButton); // "…", the menu of the pages that do not fit
    if (overflow) setCurrent(overflow, !document.querySelector(STREAMLIT.currentOutsideOverflow) && "true");
  }

  function announceHeadline() { // a live region for screen readers: the headline of the first figure after a choice
    const status = document.getElementById("ripresa-status") ?? document.body.appendChild(Object.assign(document.createElement("div"), {id: "ripresa-status", role: "status"}));
    const headline = document.querySelector(".headline h2")?.textContent ?? "";
    if (headline === status.dataset.headline && page === status.dataset.page) return;
    status.textContent = page === status.dataset.page ? headline : ""; // a new page is announced by its heading
    Object.assign(status.dataset, {headline, page});
  }

  function copySelectValues() { // an input cannot wrap its text: the CSS shows the value from data-shown (streamlit_overrides.css)
    for (const input of document.querySelectorAll(STREAMLIT.selectInput)) input.parentElement.dataset.shown = input.value;
  }

  function focusAnswer() { // when a clicked button is gone after the run, the focus goes to the message nearest to where it was
    const ancestors = window.ripresaClickedAncestors ?? [];
    if (!ancestors.length || ancestors[0].isConnected || document.activeElement !== document.body || document.querySelector(STREAMLIT.running)) return;
    window.ripresaClickedAncestors = [];
    const message = ancestors.filter(element => element.isConnected).map(element => element.querySelector(".result-summary, .notice, .headline h2")).find(Boolean);
    message?.setAttribute("tabindex", "-1");
    message?.focus();
  }

  function addListeners() { // once per visit
    const app = document.querySelector(STREAMLIT.app);
    const closeSidebar = () => document.querySelector(STREAMLIT.sidebarClose)?.click();
    const focusLater = selector => setTimeout(() => document.querySelector(selector).focus(), SIDEBAR_ANIMATION_MS);
    new MutationObserver(() => { // after a reconnection the server may be another one, which has no session until the page is run
      if (app.dataset.testConnectionState === "CONNECTED") document.querySelector(".st-key-redraw-trigger button")?.click();
    }).observe(app, {attributeFilter: [STREAMLIT.connectionState]});
    new MutationObserver(focusAnswer).observe(app, {attributeFilter: [STREAMLIT.scriptState]});
    document.addEventListener("click", event => {
      window.ripresaClickedAncestors = [];
      for (let element = event.target.closest?.(STREAMLIT.button); element; element = element.parentElement) window.ripresaClickedAncestors.push(element);
      const isNarrow = OVERLAY_SIDEBAR_WIDTH > window.innerWidth;
      if (isNarrow && event.target.closest?.(STREAMLIT.sidebarLink)) closeSidebar(); // it would cover the page
      if (!event.target.closest?.(STREAMLIT.sidebarOpen)) return;
      if (isNarrow) Object.keys(localStorage).filter(key => key.startsWith(STREAMLIT.sidebarStoragePrefix)).forEach(key => localStorage.removeItem(key)); // closed at the next visit
      if (event.detail === 0) focusLater(STREAMLIT.sidebarLink); // opened with the keyboard
    });
    document.addEventListener("click", event => { // with a modifier key the browser opens a tab or window: Streamlit must not handle the click
      if ((event.ctrlKey || event.metaKey || event.shiftKey) && event.target.closest?.(STREAMLIT.menuLink)) event.stopPropagation();
    }, true);
    document.addEventListener("keydown", event => {
      if (event.key !== "Escape" || !event.target.closest?.(STREAMLIT.sidebar)) return;
      closeSidebar();
      focusLater(STREAMLIT.sidebarOpen);
    });
  }

  document.documentElement.lang = lang;
  if (!window.ripresaTranslator) addListeners();
  window.ripresaTranslator?.disconnect();
  window.ripresaTranslator = new MutationObserver(changes => {
    scheduleUpdate();
    for (const change of changes) {
      const untranslated = change.target.parentElement?.closest(UNTRANSLATED) ?? change.target.closest?.(UNTRANSLATED);
      if (!untranslated) (change.type === "childList" ? change.addedNodes : [change.target]).forEach(translateTree);
    }
  });
  translateTree(document.body);
  scheduleUpdate();
  window.ripresaTranslator.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: [...TRANSLATED_ATTRIBUTES, "value"]});
})
