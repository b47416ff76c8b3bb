// Draws a figure and, when its numbers change, changes the drawing in place (Plotly.react). Streamlit's own chart takes it down and builds it anew.
// Calls: window.ripresaDraw(component) for each message; `data` holds the figure as JSON in UTF-8. Gives what takes the drawing down.
(() => {
  const ICON = { width: 24, height: 24, path: "M3 3h7v2H6.4l4.3 4.3-1.4 1.4L5 6.4V10H3zm11 0h7v7h-2V6.4l-4.3 4.3-1.4-1.4L17.6 5H14zM3 14h2v3.6l4.3-4.3 1.4 1.4L6.4 19H10v2H3zm16 0h2v7h-7v-2h3.6l-4.3-4.3 1.4-1.4 4.3 4.3z" };
  const HEARD = {
    plotly_click: (plot, { points: [point] }) => {
      const code = point.location ?? [].concat(point.customdata)[0];
      if (plot.touch && code) plot.touch("touched", code);
    },
    plotly_hover: plot => plot.classList.toggle("hovered", Boolean(plot.touch)),
    plotly_unhover: plot => plot.classList.remove("hovered"),
  };
  const buttons = {}; // one for each wording: a button made anew would make Plotly start over

  const whole = words => (buttons[words] ??= {
    name: "whole", title: words, icon: ICON,
    click: plot => document.fullscreenElement ? document.exitFullscreen() : plot.parentElement.requestFullscreen(),
  });

  function fit(plot) { // the drawing is as wide as its place; on the whole screen as high too; a map no higher than its shape
    const room = plot.parentElement, full = document.fullscreenElement === room, { rise, layout } = plot.drawing;
    const width = Math.max(Math.floor(room.clientWidth), 120);
    const own = rise ? Math.min(plot.tall, Math.ceil(width * rise) + layout.margin.t + layout.margin.b) : plot.tall;
    if (!room.clientWidth) return null; // in a folded part of the page there is no room yet
    const given = rise && !full ? `${own}px` : "", around = room.closest(".stElementContainer"); // as high as Streamlit was told, before the width was known
    for (let place = room; around?.contains(place); place = place.parentElement) place.style.height = place.style.flexBasis = given;
    return { width, height: full ? window.innerHeight - along(room) : own };
  }

  function along(room) { // on the whole screen a figure brings its title and its source along; gives their height
    const near = (words, after) => [...document.querySelectorAll(words)].filter(one => Boolean(one.compareDocumentPosition(room) & Node.DOCUMENT_POSITION_FOLLOWING) !== after).at(after ? 0 : -1);
    const words = [near(".headline", false), near(".footnote > p", true)].map(one => one?.cloneNode(true)).filter(Boolean);
    room.querySelectorAll(".fullscreen-text").forEach(one => one.remove());
    const places = words.map(one => Object.assign(document.createElement("div"), { className: "fullscreen-text" }));
    places.forEach((place, at) => { place.append(words[at]); at ? room.append(place) : room.prepend(place); });
    return places.reduce((sum, place) => sum + place.offsetHeight, 0);
  }

  function start(parent) {
    const room = document.createElement("div"), plot = document.createElement("div");
    room.className = "ripresa-figure";
    room.append(plot);
    parent.append(room);
    plot.setAttribute("role", "figure");
    const turn = new ResizeObserver(() => {
      if (document.fullscreenElement !== room) room.querySelectorAll(".fullscreen-text").forEach(one => one.remove());
      const size = plot.drawing && fit(plot);
      if (!size) return;
      if (!plot._fullLayout) draw(plot);
      else if (size.width !== plot._fullLayout.width || size.height !== plot._fullLayout.height) Plotly.relayout(plot, size);
    });
    turn.observe(room);
    plot.end = () => { // what Plotly has still to write is written before it is let go
      turn.disconnect();
      room.remove();
      setTimeout(() => Plotly.purge(plot), 1000);
    };
    return plot;
  }

  function draw(plot) {
    const { data, layout, config } = plot.drawing, size = fit(plot);
    if (!size) return;
    Object.assign(layout, size);
    Plotly.react(plot, data, layout, config);
    if (plot.heard === plot.on) return; // with other settings (the other language) Plotly may start over and forget who listened
    plot.heard = plot.on;
    for (const [event, hear] of Object.entries(HEARD)) plot.on(event, mine => hear(plot, mine));
  }

  window.ripresaDraw = ({ data, parentElement, setTriggerValue }) => {
    const plot = parentElement.drawn?.isConnected ? parentElement.drawn : (parentElement.drawn = start(parentElement)), said = new TextDecoder().decode(data);
    const drawing = said === plot.said ? null : JSON.parse(said);
    if (drawing) {
      const { layout, lang, file, alt, words } = drawing, shared = window.ripresaSettings[lang];
      layout.uirevision = JSON.stringify(layout.geo ?? ""); // a map moved by its reader stays where it is while it shows the same place
      drawing.config = { ...shared, toImageButtonOptions: { ...shared.toImageButtonOptions, filename: file }, modeBarButtonsToAdd: document.fullscreenEnabled ? [whole(words)] : [] };
      Object.assign(plot, { said, drawing, tall: layout.height });
      plot.setAttribute("aria-label", alt);
    }
    plot.touch = plot.drawing.touch ? setTriggerValue : null;
    if (drawing) draw(plot);
    const call = plot.call = {};
    return () => { if (plot.call === call) plot.end(); }; // Streamlit also calls this for a message that a newer one has overtaken
  };
})();
