// Puts a button below every plan that opens it in pev2, in a frame of its own: its styles would
// change the page. Unpacked only when it is asked for; the frame has the page's policy.
(() => {
  const packed = document.getElementById('pev2-packed')?.textContent ?? window.pev2Packed;
  let parts;

  async function unpacked() {
    const bytes = Uint8Array.from(atob(packed), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return JSON.parse(await new Response(stream).text());
  }

  function add(parent, name, text) {
    const element = parent.ownerDocument.createElement(name);
    element.textContent = text;
    parent.append(element);
    return element;
  }

  async function open(plan) {
    parts ??= await unpacked();
    const dialog = add(document.body, 'dialog', '');
    dialog.className = 'pev2';
    const close = add(dialog, 'button', 'close');
    const frame = add(dialog, 'iframe', '');
    dialog.addEventListener('close', () => dialog.remove());
    close.addEventListener('click', () => dialog.close());
    dialog.showModal();
    const inside = frame.contentDocument;
    parts.styles.forEach(style => add(inside.head, 'style', style));
    const app = add(inside.body, 'div', '');
    app.className = 'd-flex flex-column vh-100';
    parts.scripts.forEach(script => add(inside.body, 'script', script));
    const {Vue, pev2} = frame.contentWindow;
    const given = {planSource: JSON.stringify(plan), planQuery: ''};
    Vue.createApp({render: () => Vue.h(pev2.Plan, given)}).mount(app);
  }

  for (const script of document.querySelectorAll('script.plans')) {
    const plans = Object.entries(JSON.parse(script.textContent));
    const line = add(script.parentElement, 'p', '');
    for (const [name, plan] of plans) {
      const button = add(line, 'button', `open ${plans.length > 1 ? `the plan ${name}` : 'the plan'} in pev2`);
      button.className = 'plan';
      button.addEventListener('click', () => open(plan));
    }
  }
})();
