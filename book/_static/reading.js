// Chapters that were read are marked, in the reader's own browser and nowhere else; what is folded opens for printing.
"use strict";

const Reading = (() => {
  const KEY = "birnn-read";

  // A browser may keep nothing: then nothing is marked.
  const kept = () => { try { return new Set(JSON.parse(localStorage.getItem(KEY) ?? "[]")); } catch { return new Set(); } };
  const keep = (pages) => { try { localStorage.setItem(KEY, JSON.stringify([...pages])); } catch { /* nothing kept */ } };
  const name = (address) => new URL(address, location.href).pathname.split("/").slice(-2).join("/");

  function mark() {
    const read = kept();
    document.querySelectorAll("#pst-primary-sidebar nav a.reference, .chapter-cards a").forEach((link) => {
      const done = read.has(name(link.href));
      link.classList.toggle("was-read", done);
      link.querySelector(".read-mark")?.remove();
      if (done) link.insertAdjacentHTML("beforeend", '<span class="read-mark"> ✓<span class="sd-visually-hidden"> read</span></span>');
    });
  }

  function mount(facts) {
    facts.insertAdjacentHTML("beforeend", ' <label class="read-it"><input type="checkbox"> I have read this</label>');
    const box = facts.querySelector(".read-it input"), own = name(location.href);
    box.checked = kept().has(own);
    box.addEventListener("change", () => {
      const read = kept();
      if (box.checked) read.add(own); else read.delete(own);
      keep(read);
      mark();
    });
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("article details:not([open])")];
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => { opened.forEach((details) => { details.open = false; }); });

  return { mount, mark };
})();

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("p.chapter-facts").forEach(Reading.mount);
  Reading.mark();
});
