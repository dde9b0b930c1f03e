/*
 * What a person would call broken about the layout of the page that is open: a list of sentences, empty when nothing is.
 * On a phone panels lie over the map, on a desk beside it; both count as panels here.
 */
(panels) => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide, its window ${root.clientWidth}`);

  const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className} "${element.textContent.trim().slice(0, 40)}"`;
  const cuts = (style) => [style.overflowX, style.overflowY].some((value) => value === "hidden" || value === "clip");

  // Text in an element that cuts it off, or that reaches out of an ancestor that does.
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const own = node.parentElement;
    if (!node.data.trim() || !shown(own) || own.closest(".sr, .skip, #sign-in")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const text = range.getBoundingClientRect();
    for (let outer = own; outer; outer = outer.parentElement) {
      const style = getComputedStyle(outer);
      const scrolls = ["auto", "scroll"].includes(style.overflowY);
      const box = outer.getBoundingClientRect();
      if (cuts(style) && !scrolls && (text.right > box.right + 1 || text.left < box.left - 1 || text.bottom > box.bottom + 2)) {
        found.push(`cut off in ${outer.id || outer.className}: ${name(own)}`);
      }
      if (scrolls && (text.right > box.right + 1 || text.left < box.left - 1)) found.push(`wider than ${outer.className}: ${name(own)}`);
      if (scrolls || style.position === "fixed") break;
    }
  }

  // Parts of the bar that run out of their box, over their neighbours.
  for (const part of document.querySelectorAll(".bar > *")) {
    if (shown(part) && part.scrollWidth > part.clientWidth + 1) found.push(`runs out of its box: ${name(part)}`);
  }

  const boxes = [...document.querySelectorAll(panels)]
    .filter((element) => shown(element) && element.getBoundingClientRect().width > 0)
    .map((element) => ({ element, box: element.getBoundingClientRect() }));
  const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  boxes.forEach(({ element, box }, at) => {
    for (const other of boxes.slice(at + 1)) {
      const nested = element.contains(other.element) || other.element.contains(element);
      if (!nested && meet(box, other.box)) found.push(`${name(element)} lies over ${name(other.element)}`);
    }
    if (box.left < -1 || box.right > innerWidth + 1 || box.top < -1) found.push(`out of the window: ${name(element)}`);
  });

  if (!("battle_map" in globalThis)) return found; // another page
  const { x, y, width } = battle_map.getContainer().getBoundingClientRect();
  const scale = width / battle_map.getContainer().offsetWidth; // a wall screen enlarges its map
  const radius = 13 * scale;
  for (const disc of labels_layer.discs) {
    const [left, top] = [x + disc.x * scale, y + disc.y * scale];
    const box = { left: left - radius, right: left + radius, top: top - radius, bottom: top + radius };
    for (const panel of boxes) if (meet(box, panel.box)) found.push(`the disc of ${disc.code} lies under ${name(panel.element)}`);
  }
  return found;
}
