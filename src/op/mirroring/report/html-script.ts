/**
 * Filters and sorts the table of all images. Without it, the page is complete. It writes texts only, never markup. Of thousands of rows it
 * shows the first 500, since a browser needs seconds to lay out all of them.
 */
export const script = `
'use strict';
(() => {
  const table = document.getElementById('images');
  const bar = document.getElementById('bar');
  if (table === null || bar === null) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row, at) => ({ row, at, outcome: row.dataset.outcome, text: '' }));
  const query = bar.querySelector('input');
  const choices = Array.from(bar.querySelectorAll('button'));
  const count = bar.querySelector('output');
  const empty = document.getElementById('empty');
  const more = document.getElementById('more');
  const number = new Intl.NumberFormat('en');
  const usual = 500;
  let outcome = '';
  let order = rows;

  const show = (limit) => {
    const words = query.value.toLowerCase().split(/\\s+/u).filter((word) => word !== '');
    let fitting = 0;
    for (const one of order) {
      if (words.length > 0 && one.text === '') one.text = one.row.textContent.toLowerCase();
      const fits = (outcome === '' || one.outcome === outcome) && words.every((word) => one.text.includes(word));
      if (fits) fitting += 1;
      const hidden = !fits || fitting > limit;
      if (one.row.hidden !== hidden) one.row.hidden = hidden;
    }
    const total = number.format(rows.length);
    count.textContent = fitting === rows.length ? total + (fitting === 1 ? ' image' : ' images') : number.format(fitting) + ' of ' + total;
    empty.hidden = fitting > 0;
    more.hidden = fitting <= limit;
    more.textContent = 'Show all ' + number.format(fitting);
  };
  const filter = () => show(usual);
  more.addEventListener('click', () => show(Infinity));
  let waiting = 0;
  query.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, rows.length > 1000 ? 120 : 0);
  });
  for (const choice of choices) {
    choice.addEventListener('click', () => {
      outcome = choice.dataset.outcome;
      for (const other of choices) other.setAttribute('aria-pressed', String(other === choice));
      filter();
    });
  }

  const compareTexts = new Intl.Collator('en', { numeric: true }).compare;
  const textIn = (at) => ({ row }) => row.cells[at].textContent;
  const bytesIn = ({ row }) => Number(row.dataset.bytes || 0);
  const orders = [
    { key: (one) => one.at, compare: (a, b) => a - b },
    { key: textIn(1), compare: compareTexts },
    { key: textIn(2), compare: (a, b) => (a < b ? -1 : a > b ? 1 : 0) },
    { key: bytesIn, compare: (a, b) => b - a },
  ];
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.textContent = '';
    head.append(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const { key, compare } = orders[column];
      const keyed = rows.map((one) => ({ one, key: key(one) }));
      keyed.sort((a, b) => (down ? compare(b.key, a.key) : compare(a.key, b.key)) || a.one.at - b.one.at);
      order = keyed.map(({ one }) => one);
      const sorted = document.createDocumentFragment();
      for (const { row } of order) sorted.append(row);
      body.append(sorted);
      filter();
    });
  });

  bar.hidden = false;
  filter();
  const place = () => table.style.setProperty('--bar', bar.offsetHeight + 'px');
  new ResizeObserver(place).observe(bar);

  const closed = () => Array.from(document.querySelectorAll('details:not([open])'));
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = closed();
    for (const one of opened) one.open = true;
    show(Infinity);
  });
  addEventListener('afterprint', () => {
    for (const one of opened) one.open = false;
    filter();
  });
})();
`;
