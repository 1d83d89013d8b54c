// A small chart of step lines: values that stay until the next point. For curves of a search and for what-ifs.

import { enlarged, svg } from "./elements.js";
import { number } from "./i18n.js";

const DIGIT = 6.6; // Pixels of a digit of a mark.
const HIGH_MARKS = 4;

// series: [{name, points: [[x, y], …], className}], in order of x; `ends` is the last x, `known` where the lines end; x and y say a mark in words.
export function stepChart({ series, from = 0, ends, width, height, x, xTitle, yTitle, label, least = 0, known = ends }) {
  const large = enlarged();
  const bottom = 34 * large;
  const top = 22 * large;
  const values = series.flatMap((one) => one.points.map(([, value]) => value));
  const most = Math.max(...values, least + 1);
  const { step, high } = rounded(least, most);
  const left = (12 + DIGIT * number(high).length) * large;
  const across = (value) => left + ((value - from) / Math.max(ends - from, 1e-9)) * (width - left - 12);
  const up = (value) => height - bottom - ((value - least) / (high - least)) * (height - bottom - top);
  const drawing = svg("svg", { width, height, role: "img", "aria-label": label, class: "step-chart" });
  for (let mark = least; mark <= high + step / 2; mark += step) {
    drawing.append(
      svg("line", { x1: left, x2: width - 12, y1: up(mark), y2: up(mark), class: "grid" }),
      svg("text", { x: left - 6, y: up(mark) + 4 * large, class: "tick end" }, number(Math.round(mark * 100) / 100)),
    );
  }
  for (let mark = 0; mark <= 4; mark += 1) {
    const value = from + (mark / 4) * (ends - from);
    const anchor = mark === 4 ? "tick end" : mark === 0 ? "tick" : "tick middle";
    drawing.append(svg("text", { x: across(value), y: height - bottom + 15 * large, class: anchor }, x(value)));
  }
  drawing.append(
    svg("text", { x: 4, y: 12 * large, class: "tick" }, yTitle),
    svg("text", { x: width - 12, y: height - 4, class: "tick end" }, xTitle),
    ...series.map((one) => svg("path", { d: steps(one.points, across, up, known), class: `curve ${one.className}` }, svg("title", {}, one.name))),
  );
  return drawing;
}

function steps(points, across, up, ends) {
  if (!points.length) return "";
  const [first, ...more] = points;
  const way = [`M${across(first[0]).toFixed(1)} ${up(first[1]).toFixed(1)}`];
  for (const [at, value] of more) way.push(`H${across(Math.min(at, ends)).toFixed(1)}`, `V${up(value).toFixed(1)}`);
  way.push(`H${across(ends).toFixed(1)}`);
  return way.join("");
}

// Marks at 1, 2 or 5 times a power of ten, as people count.
function rounded(least, top) {
  const rough = (top - least) / HIGH_MARKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough);
  return { step, high: least + step * Math.ceil((top - least) / step) };
}
