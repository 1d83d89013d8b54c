// Drags a bar of the chart with mouse, pen or finger. A drag is one that has moved by some pixels; less is a click.

const LEAST_PIXELS = 5;

// A finger on a bar drags it and does not scroll. Chromium heeds `touch-action` on a whole drawing, not on parts of it.
export function keepFromScrolling(ground) {
  ground.addEventListener("touchstart", (event) => event.target.closest(".visit") && event.preventDefault(), { passive: false });
}

// rowAt(y) gives the row at a height of the drawing; onDrop(row, pixels) hears how far along the time it went.
export function startDrag(event, bar, { rowAt, onClick, onDrop, onCancel }) {
  if (event.button !== 0) return;
  const drawing = bar.ownerSVGElement;
  const box = drawing.getBoundingClientRect();
  const stop = new AbortController();
  const on = (name, callback) => bar.addEventListener(name, callback, { signal: stop.signal });
  const gone = (moved) => ({ x: moved.clientX - event.clientX, y: moved.clientY - event.clientY });
  let isDrag = false;
  bar.setPointerCapture(event.pointerId);
  on("pointermove", (moved) => {
    const { x, y } = gone(moved);
    if (!isDrag && Math.hypot(x, y) < LEAST_PIXELS) return;
    isDrag = true;
    bar.classList.add("dragged");
    bar.setAttribute("transform", `translate(${x} ${y})`);
    const row = rowAt(moved.clientY - box.top);
    for (const other of drawing.querySelectorAll("g[data-crew]")) {
      other.classList.toggle("target", Boolean(row) && other.dataset.crew === row.crew);
    }
  });
  on("pointerup", (dropped) => {
    stop.abort();
    if (isDrag) onDrop(rowAt(dropped.clientY - box.top), gone(dropped).x);
    else onClick();
  });
  on("pointercancel", () => {
    stop.abort();
    onCancel();
  });
}
