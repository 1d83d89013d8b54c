// Words: all of them stand in text/en.json and text/zh.json, and nowhere else.
//
// t("planning.start") gives the text; t("shell.plan", {version: 3}) fills {version} in. Elements carry their key:
// data-i18n (text), data-i18n-label (aria-label), data-i18n-title, data-i18n-placeholder.

let words = {};
let code = "en";

export async function setLanguage(language) {
  const answer = await fetch(`/page/text/${language}.json`);
  words = await answer.json();
  code = language;
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  translate(document);
}

export const language = () => code;

export function t(key, values = {}) {
  const text = key.split(".").reduce((found, part) => (found ? found[part] : undefined), words);
  if (typeof text !== "string") return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// The text of a key that may be missing, such as the name of a sector that nobody thought of.
export function tOr(key, otherwise) {
  const found = t(key);
  return found === key ? otherwise : found;
}

export function translate(root) {
  for (const element of root.querySelectorAll("[data-i18n]")) element.textContent = t(element.dataset.i18n);
  for (const [name, attribute] of [
    ["i18nLabel", "aria-label"],
    ["i18nTitle", "title"],
    ["i18nPlaceholder", "placeholder"],
  ]) {
    const hyphened = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    for (const element of root.querySelectorAll(`[data-${hyphened}]`)) {
      element.setAttribute(attribute, t(element.dataset[name]));
    }
  }
}

// Whole numbers with their thousands apart.
export const number = (value) => new Intl.NumberFormat(code === "zh" ? "zh-CN" : "en").format(value);

// A span of minutes as people say it: 45 min, 3 h 20 min.
export function duration(minutes) {
  if (minutes === null || minutes === undefined) return t("shell.never");
  const hours = Math.floor(minutes / 60);
  const rest = Math.round(minutes % 60);
  if (!hours) return t("shell.minutes", { minutes: rest });
  return rest ? t("shell.hours_minutes", { hours, minutes: rest }) : t("shell.hours", { hours });
}

// A moment as an hour of a place's clock, such as 09:30; without a zone that of this device.
export function hourAt(moment, zone) {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...(zone ? { timeZone: zone } : {}) };
  return new Intl.DateTimeFormat("en-GB", options).format(moment);
}
