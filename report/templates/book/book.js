// What a page can do: copy code, search the book, unfold what a link leads to.

// Copying

for (const code of document.querySelectorAll(".highlight")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.querySelector("pre").textContent.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  code.prepend(button);
}

// What is wider than the page scrolls in itself, also by the arrow keys.

const sizes = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  }
});
for (const wide of document.querySelectorAll(".highlight pre, .wide")) sizes.observe(wide);

// A link may lead into something that is folded.

function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let folded = target?.closest("details"); folded; folded = folded.parentElement.closest("details")) {
    folded.open = true;
  }
  target?.scrollIntoView();
}
addEventListener("hashchange", unfold);
if (location.hash) unfold();

// On a telephone, the list of chapters begins folded.

if (matchMedia("(max-width: 64rem)").matches) document.querySelector("nav.book details").open = false;

// Search: PARTS, in search.js, has each section's address, page, title and words.

const search = document.querySelector("search");
const asked = search.querySelector("input");
const said = search.querySelector("p");
const found = search.querySelector("ol");
search.hidden = false;

// What has the words for its title comes first, then what has them in it.
function rank([, , title], words) {
  const lower = title.toLowerCase();
  if (lower === words.join(" ")) return 0;
  return words.every((word) => lower.includes(word)) ? 1 : 2;
}

function show() {
  const words = asked.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ([, page, title, text]) => {
    const all = `${page} ${title} ${text}`.toLowerCase();
    return words.every((word) => all.includes(word));
  };
  const hits = words.length ? window.PARTS.filter(fits) : [];
  hits.sort((a, b) => rank(a, words) - rank(b, words));
  said.textContent = words.length ? `${hits.length || "Nothing"} found` : "";
  found.replaceChildren(...hits.slice(0, 12).map(([address, page, title]) => {
    const link = document.createElement("a");
    link.href = address;
    link.append(title, document.createElement("small"));
    link.lastChild.textContent = page;
    const item = document.createElement("li");
    item.append(link);
    return item;
  }));
}

function close() {
  asked.value = "";
  show();
}

asked.addEventListener("input", show);
asked.addEventListener("keydown", (event) => {
  if (event.key === "Enter") found.querySelector("a")?.click();
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  close();
  asked.focus();
});
found.addEventListener("click", close);
