// Saves a chart with its words and its seal. The checks are those of ripresa/exports/seal.py.
// Streamlit drops a script that holds "<" before a letter or a slash: hence \x3c.
(() => {
  if (window.ripresaCamera) return;
  window.ripresaCamera = true;
  const utf8 = new TextEncoder(), letters = "bcdfghjklmnpqrst";
  let pending = null, drawn = new Map();

  const address = URL.createObjectURL.bind(URL);
  URL.createObjectURL = thing => { // the image is kept as it is made: a page that allows no blob: connection could not fetch it back
    const made = address(thing);
    if (pending && thing instanceof Blob) drawn.set(made, thing);
    return made;
  };

  const crc = bytes => {
    let sum = -1;
    for (const byte of bytes) {
      sum ^= byte;
      for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xEDB88320 : sum >>> 1;
    }
    return ~sum >>> 0;
  };
  const check = bytes => {
    const sum = crc(bytes);
    return [28, 24, 20, 16, 12, 8, 4, 0].map(shift => letters[sum >>> shift & 15]).join("");
  };
  const canonical = seal => JSON.stringify(Object.fromEntries(Object.keys(seal).sort().map(name => [name, seal[name]])));
  const closed = seal => canonical({ ...seal, check: check(utf8.encode(canonical(seal))) });
  const base64 = text => btoa(Array.from(utf8.encode(text), byte => String.fromCharCode(byte)).join(""));
  const number = (bytes, place) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(place);

  function png(bytes, seal) {
    const drawn = [];
    for (let place = 8; place < bytes.length; place += 12 + number(bytes, place)) {
      const name = String.fromCharCode(...bytes.subarray(place + 4, place + 8));
      if (["IHDR", "PLTE", "tRNS", "IDAT"].includes(name)) drawn.push(bytes.subarray(place + 8, place + 8 + number(bytes, place)));
    }
    const whole = new Uint8Array(drawn.reduce((sum, part) => sum + part.length, 0));
    drawn.reduce((place, part) => (whole.set(part, place), place + part.length), 0);
    const text = utf8.encode("iTXtripresa\0\0\0\0\0" + closed({ ...seal, drawing: check(whole) }));
    const chunk = new Uint8Array(text.length + 8), view = new DataView(chunk.buffer);
    view.setUint32(0, text.length - 4);
    chunk.set(text, 4);
    view.setUint32(text.length + 4, crc(text));
    return new Blob([bytes.subarray(0, 33), chunk, bytes.subarray(33)], { type: "image/png" });
  }

  function svg(bytes, seal) {
    const bare = new TextDecoder().decode(bytes);
    const texts = [...new DOMParser().parseFromString(bare, "image/svg+xml").getElementsByTagName("text")].map(text => {
      const lines = [...text.children].filter(span => span.getAttribute("class") === "line");
      return (lines.length ? lines : [text]).map(line => line.textContent).join(" ").replace(/\s+/g, " ").trim();
    });
    const said = closed({ ...seal, drawing: check(utf8.encode(bare)), texts: base64(JSON.stringify(texts)) }).replace(/&/g, "&amp;").replace(/\x3c/g, "&lt;").replace(/>/g, "&gt;");
    const start = bare.match(/\x3csvg[^>]*>/), end = start.index + start[0].length;
    return new Blob([bare.slice(0, end), '\x3cmetadata id="ripresa">', said, "\x3c/metadata>", bare.slice(end)], { type: "image/svg+xml" });
  }

  function fitted(layout, recipe) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "100px " + recipe.font;
    const wider = pen.measureText(recipe.sample).width / recipe.width;
    if (wider <= 1.01) return layout;
    return { ...layout, annotations: layout.annotations.map(note => note.font && note.font.family ? { ...note, font: { ...note.font, size: note.font.size / wider } } : note) };
  }

  function save(box, form, size) {
    const recipe = JSON.parse(box.dataset.recipe), sized = recipe.sizes[size];
    const plot = document.querySelector(`.st-key-${CSS.escape(box.dataset.figure)} .js-plotly-plot, #${CSS.escape(box.dataset.figure)}.js-plotly-plot`);
    const camera = plot._fullLayout._modeBar.buttons.flat().find(button => button.name === "toImage");
    const { layout, data, _context: context } = plot, options = context.toImageButtonOptions;
    pending = { file: `${recipe.file}.${form}`, form, seal: recipe.seal, box };
    try {
      plot.layout = fitted(sized.layout, recipe);
      plot.data = recipe.data || data; // of the other theme, where that was asked for
      context.toImageButtonOptions = { format: form, filename: recipe.file, width: sized.layout.width, height: sized.layout.height, scale: form === "svg" ? 1 : sized.scale };
      camera.click(plot); // it copies both before it waits for anything
    } finally {
      plot.layout = layout;
      plot.data = data;
      context.toImageButtonOptions = options;
    }
  }

  function say(box, what) {
    const status = box.querySelector('[role="status"]');
    if (status) status.textContent = status.dataset[what];
  }

  function boxOf(plot) {
    return [...document.querySelectorAll(".save-buttons")].find(box => plot.id === box.dataset.figure || plot.closest(`.st-key-${CSS.escape(box.dataset.figure)}`));
  }

  document.addEventListener("click", event => {
    const own = event.target.closest && event.target.closest(".js-plotly-plot .modebar-btn");
    if (own) { // the camera on the chart itself: the same image, where its recipe is on the page
      const plot = own.closest(".js-plotly-plot"), box = boxOf(plot), place = [...plot.querySelectorAll(".modebar-btn")].indexOf(own);
      if (!box || (plot._fullLayout._modeBar.buttons.flat()[place] || {}).name !== "toImage") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      try { save(box, "png", "web"); } catch (fault) { console.error(fault); say(box, "failed"); }
      return;
    }
    const button = event.target.closest && event.target.closest("button.save-button");
    if (button) {
      const box = button.closest(".save-buttons");
      try { save(box, button.dataset.form, button.dataset.size); } catch (fault) { console.error(fault); say(box, "failed"); }
      return;
    }
    const link = event.target;
    if (!pending || !(link instanceof HTMLAnchorElement) || link.download !== pending.file) return;
    const { form, seal, file, box } = pending, image = drawn.get(link.href);
    pending = null;
    drawn = new Map();
    event.preventDefault();
    event.stopImmediatePropagation();
    (image ? image.arrayBuffer() : fetch(link.href).then(answer => answer.arrayBuffer())).then(buffer => {
      const own = document.createElement("a");
      own.href = URL.createObjectURL({ png, svg }[form](new Uint8Array(buffer), seal));
      own.download = file;
      own.click();
      setTimeout(() => URL.revokeObjectURL(own.href), 60000);
      say(box, "done");
    }).catch(fault => { console.error(fault); say(box, "failed"); });
  }, true);
})();
