// The orders that wait for the next plan, in words, each with a way to take it back.

import { el } from "./elements.js";
import { t } from "./i18n.js";
import { orders, takeAllBack, takeBack } from "./orders.js";

export function drawPending(place) {
  const given = orders();
  if (!given.length) {
    place.replaceChildren();
    return;
  }
  place.replaceChildren(
    el(
      "div",
      { class: "bar-row" },
      el("h3", { class: "grow" }, t("orders.pending", { orders: given.length })),
      el("button", { type: "button", onclick: takeAllBack }, t("orders.take_all_back")),
    ),
    el(
      "ul",
      { class: "plain" },
      given.map((one) =>
        el(
          "li",
          { class: "bar-row" },
          el("span", { class: "grow" }, t(`orders.${one.kind}`, one)),
          el(
            "button",
            { type: "button", "aria-label": `${t("orders.take_back")}: ${t(`orders.${one.kind}`, one)}`, onclick: () => takeBack(one) },
            t("orders.take_back"),
          ),
        ),
      ),
    ),
    el("p", { class: "quiet small" }, t("orders.why")),
  );
}
