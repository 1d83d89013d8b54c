// How services are told apart in charts: a colour each that no state of a component has, and a dash.

const KNOWN = ["power", "water", "gas", "telecom", "road", "facility"];
const DARK = ["#e69f00", "#56b4e9", "#8f9bff", "#d7dde2", "#b08968", "#7fd6c2"];
const LIGHT = ["#a86f00", "#0072b2", "#4b4fc4", "#4a5560", "#7a5230", "#00695c"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];

function placeOf(service) {
  const place = KNOWN.indexOf(service);
  if (place >= 0) return place;
  return [...service].reduce((total, letter) => total + letter.codePointAt(0), 0) % KNOWN.length;
}

const isLight = () => document.documentElement.dataset.theme === "light";

export const serviceColour = (service) => (isLight() ? LIGHT : DARK)[placeOf(service)];
export const serviceDash = (service) => DASHES[placeOf(service)];
