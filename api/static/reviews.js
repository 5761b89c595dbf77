/* Moving a limit: − and +, a track, and a number that all say the same; 300 ms after the last move
   the replay is asked for. Without this file the number box and the button do everything. */
"use strict";

(() => {
  const SETTLE = 300;
  const MINUTE = 60000;
  const isClock = (box) => box.type === "time";
  const get = (box) => (isClock(box) ? box.valueAsNumber / MINUTE : box.valueAsNumber);
  const set = (box, value) => {
    if (isClock(box)) box.valueAsNumber = value * MINUTE;
    else box.value = String(value);
  };
  let timer = 0;

  function settle(form) {
    clearTimeout(timer);
    timer = setTimeout(() => form.dispatchEvent(new CustomEvent("settled", { bubbles: true })), SETTLE);
  }

  function follow(slider) {
    const { low, high, today } = slider.dataset;
    const box = slider.querySelector("[data-box]");
    const track = slider.querySelector("[data-track]");
    const value = get(box);
    if (!Number.isFinite(value)) return;
    if (track) {
      track.value = String(value);
      track.setAttribute("aria-valuetext", `${isClock(box) ? box.value : value} ${slider.dataset.unit}`.trim());
    }
    slider.classList.toggle("moved", value !== Number(today));
    for (const button of slider.querySelectorAll("[data-by]")) {
      const next = value + Number(button.dataset.by);
      button.setAttribute("aria-disabled", String(next < Number(low) || next > Number(high)));
    }
  }

  function move(slider, value) {
    const { low, high, step } = slider.dataset;
    const decimals = (step.split(".")[1] || "").length;
    const bounded = Math.min(Math.max(value, Number(low)), Number(high));
    set(slider.querySelector("[data-box]"), isClock(slider.querySelector("[data-box]")) ? bounded : bounded.toFixed(decimals));
    follow(slider);
    settle(slider.closest("form"));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-by]");
    if (!button) return;
    const slider = button.closest("[data-slider]");
    move(slider, get(slider.querySelector("[data-box]")) + Number(button.dataset.by));
  });

  document.addEventListener("input", (event) => {
    const slider = event.target.closest?.("[data-slider]");
    if (!slider) return;
    if (event.target.matches("[data-track]")) move(slider, event.target.valueAsNumber);
    else {
      follow(slider);
      if (event.target.checkValidity()) settle(slider.closest("form"));
    }
  });

  function begin() {
    for (const slider of document.querySelectorAll("[data-slider]")) {
      for (const part of slider.querySelectorAll("[data-needs-script]")) part.hidden = false;
      follow(slider);
    }
  }
  document.addEventListener("DOMContentLoaded", begin);
  if (document.readyState !== "loading") begin();
})();
