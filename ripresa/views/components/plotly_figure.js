// Renders a figure and, when its data change, updates it in place (Plotly.react): Streamlit's own chart would remove it and draw it again.
// window.ripresaRenderFigure(component) is called for each message of the component and returns its clean-up function; `data` is the figure as JSON in UTF-8.
(() => {
  const FULLSCREEN_ICON = { width: 24, height: 24, path: "M3 3h7v2H6.4l4.3 4.3-1.4 1.4L5 6.4V10H3zm11 0h7v7h-2V6.4l-4.3 4.3-1.4-1.4L17.6 5H14zM3 14h2v3.6l4.3-4.3 1.4 1.4L6.4 19H10v2H3zm16 0h2v7h-7v-2h3.6l-4.3-4.3 1.4-1.4 4.3 4.3z" };
  const MIN_WIDTH = 120, PURGE_DELAY_MS = 1000;
  const EVENT_HANDLERS = {
    plotly_click: (plot, { points: [point] }) => {
      const code = point.location ?? [].concat(point.customdata)[0];
      if (plot.setTrigger && code) plot.setTrigger("area", code);
    },
    plotly_hover: plot => plot.classList.toggle("hovered", Boolean(plot.setTrigger)),
    plotly_unhover: plot => plot.classList.remove("hovered"),
  };
  const fullscreenButtons = {}; // one for each label: with a new button object Plotly would draw the figure from scratch

  const getFullscreenButton = label => (fullscreenButtons[label] ??= {
    name: "whole", title: label, icon: FULLSCREEN_ICON,
    click: plot => document.fullscreenElement ? document.exitFullscreen() : plot.parentElement.requestFullscreen(),
  });

  function fitSize(plot) { // as wide as the container, and as high in fullscreen; a map with an aspect ratio no higher than it needs
    const container = plot.parentElement, isFullscreen = document.fullscreenElement === container, { aspectRatio, layout } = plot.spec;
    if (!container.clientWidth) return null; // in a closed part of the page it has no width yet
    const width = Math.max(Math.floor(container.clientWidth), MIN_WIDTH);
    const height = aspectRatio ? Math.min(plot.maxHeight, Math.ceil(width * aspectRatio) + layout.margin.t + layout.margin.b) : plot.maxHeight;
    const styleHeight = aspectRatio && !isFullscreen ? `${height}px` : "", outer = container.closest(".stElementContainer"); // whose height Streamlit set before the width was known
    for (let element = container; outer?.contains(element); element = element.parentElement) element.style.height = element.style.flexBasis = styleHeight;
    return { width, height: isFullscreen ? window.innerHeight - addFullscreenTexts(container) : height };
  }

  function removeFullscreenTexts(container) {
    container.querySelectorAll(".fullscreen-text").forEach(element => element.remove());
  }

  function addFullscreenTexts(container) { // copies the headline above the figure and the source below it; returns their height
    const isBefore = element => Boolean(element.compareDocumentPosition(container) & Node.DOCUMENT_POSITION_FOLLOWING);
    const headline = [...document.querySelectorAll(".headline")].filter(isBefore).at(-1);
    const source = [...document.querySelectorAll(".footnote > p")].filter(element => !isBefore(element)).at(0);
    removeFullscreenTexts(container);
    const boxes = [headline, source].filter(Boolean).map(element => {
      const box = Object.assign(document.createElement("div"), { className: "fullscreen-text" });
      box.append(element.cloneNode(true));
      return box;
    });
    boxes.forEach((box, index) => index ? container.append(box) : container.prepend(box));
    return boxes.reduce((sum, box) => sum + box.offsetHeight, 0);
  }

  function createPlot(parent) {
    const container = document.createElement("div"), plot = document.createElement("div");
    container.className = "ripresa-figure";
    container.append(plot);
    parent.append(container);
    plot.setAttribute("role", "figure");
    const observer = new ResizeObserver(() => {
      if (document.fullscreenElement !== container) removeFullscreenTexts(container);
      const size = plot.spec && fitSize(plot);
      if (!size) return;
      if (!plot._fullLayout) draw(plot);
      else if (size.width !== plot._fullLayout.width || size.height !== plot._fullLayout.height) Plotly.relayout(plot, size);
    });
    observer.observe(container);
    plot.destroy = () => { // Plotly may still have updates in its queue: purge later
      observer.disconnect();
      container.remove();
      setTimeout(() => Plotly.purge(plot), PURGE_DELAY_MS);
    };
    return plot;
  }

  function draw(plot) {
    const { data, layout, config } = plot.spec, size = fitSize(plot);
    if (!size) return;
    Object.assign(layout, size);
    Plotly.react(plot, data, layout, config);
    if (plot.boundEmitter === plot.on) return; // with another config (the other language) Plotly may start over and drop the event handlers
    plot.boundEmitter = plot.on;
    for (const [name, handle] of Object.entries(EVENT_HANDLERS)) plot.on(name, event => handle(plot, event));
  }

  window.ripresaRenderFigure = ({ data, parentElement, setTriggerValue }) => {
    const plot = parentElement.ripresaPlot?.isConnected ? parentElement.ripresaPlot : (parentElement.ripresaPlot = createPlot(parentElement));
    const json = new TextDecoder().decode(data), hasChanged = json !== plot.json;
    if (hasChanged) {
      const spec = JSON.parse(json), { layout, lang, imageName, alt, fullscreenLabel } = spec, shared = window.ripresaSettings[lang];
      layout.uirevision = JSON.stringify(layout.geo ?? ""); // keeps the reader's zoom and pan while the map shows the same region
      spec.config = { ...shared, toImageButtonOptions: { ...shared.toImageButtonOptions, filename: imageName }, modeBarButtonsToAdd: document.fullscreenEnabled ? [getFullscreenButton(fullscreenLabel)] : [] };
      Object.assign(plot, { json, spec, maxHeight: layout.height });
      plot.setAttribute("aria-label", alt);
    }
    plot.setTrigger = plot.spec.isClickable ? setTriggerValue : null;
    if (hasChanged) draw(plot);
    const message = plot.message = {};
    return () => { if (plot.message === message) plot.destroy(); }; // Streamlit also calls this for a message that a newer one has replaced
  };
})();
