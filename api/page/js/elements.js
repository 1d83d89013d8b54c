// Makes elements: el("button", {type: "button", onclick}, "Plan"), svg("rect", {x: 1}). Text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const el = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

// A button that says so while what it started goes on, and cannot start it twice.
export function button(text, act, attributes = {}) {
  const made = el("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
    } finally {
      made.disabled = false;
    }
  });
  return made;
}

// A control with its label before it.
export const labelled = (text, control, attributes = {}) => el("label", attributes, el("span", {}, text), control);

export const option = (value, text, isChosen = false) => el("option", { value, selected: isChosen }, text);

// How much larger the page's text is than that of a desk: drawings grow with it on a wall.
export const enlarged = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;

let lists = 0;

// A text field that offers names as one types, and its list of them.
export function nameField(names, attributes = {}) {
  lists += 1;
  const id = `names-${lists}`;
  const field = el("input", { type: "text", list: id, autocomplete: "off", spellcheck: "false", ...attributes });
  const list = el("datalist", { id }, names.map((name) => el("option", { value: name })));
  return { field, list };
}
