// Draws every chart from the data beside it; until then, in print and without scripts, the picture
// that the notebook holds stands in its place.
(() => {
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const clear = 'rgba(0,0,0,0)';

  function layoutFor(layout, box) {
    const shown = structuredClone(layout);
    shown.autosize = true;
    delete shown.width;
    if (dark.matches) {
      shown.paper_bgcolor = shown.plot_bgcolor = clear;
      shown.font = {...shown.font, color: '#e4e7ea'};
      for (const name of Object.keys(shown)) {
        if (/^[xy]axis\d*$/.test(name)) {
          shown[name] = {...shown[name], gridcolor: '#353c44', linecolor: '#59636e', zerolinecolor: '#59636e'};
        }
      }
      for (const note of shown.annotations || []) {
        if (!note.font || !note.font.color) note.font = {...note.font, color: '#e4e7ea'};
      }
    }
    return shown;
  }

  function draw(box) {
    const figure = JSON.parse(box.querySelector('script').textContent);
    const canvas = document.createElement('div');
    box.append(canvas);
    const done = Plotly.newPlot(canvas, figure.data, layoutFor(figure.layout || {}, box),
      {responsive: true, displaylogo: false, ...figure.config});
    done.then(() => {
      box.querySelectorAll(':scope > img').forEach(picture => picture.remove());
      box.dataset.drawn = 'yes';
    });
    dark.addEventListener('change',
      () => Plotly.react(canvas, figure.data, layoutFor(figure.layout || {}, box)));
  }

  async function unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    const script = document.createElement('script');
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  }

  async function drawAll() {
    const boxes = document.querySelectorAll('.chart');
    const packed = document.getElementById('plotly-packed')?.textContent ?? window.plotlyPacked;
    if (packed && boxes.length) await unpack(packed);
    boxes.forEach(draw);
  }

  const contents = document.querySelector('nav details');
  if (contents && window.innerWidth < 960) contents.open = false;
  requestAnimationFrame(() => setTimeout(drawAll));
})();
