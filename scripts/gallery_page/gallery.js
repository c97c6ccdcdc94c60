const specs = JSON.parse(document.getElementById("specs").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const near = new Set();

// Charts are drawn when the reader comes near, so that the page opens at once however many it has.
const show = (place) => {
  const held = specs[place.dataset.chart];
  const live = document.createElement("div");
  const spec = { ...held[dark.matches ? "dark" : "light"], datasets: held.datasets };
  return embedded(live, spec).then(() => place.replaceChildren(live));
};

const watcher = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    near.add(target);
    show(target);
  }
}, { rootMargin: "800px" });

document.querySelectorAll("[data-chart]").forEach((place) => watcher.observe(place));
dark.addEventListener("change", () => near.forEach(show));
