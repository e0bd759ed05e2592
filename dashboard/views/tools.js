// Buttons in the bar: back, forth, replay, share, and the choice of a language.  Ctrl+Z and Ctrl+Shift+Z work wherever no text is being typed.

const ICONS = {
  undo: "M12.5 8c-2.65 0-5.05.99-6.9 2.6L2 7v9h9l-3.62-3.62c1.39-1.16 3.16-1.88 5.12-1.88 3.54 0 6.55 2.31 7.6 5.5l2.37-.78C21.08 11.03 17.15 8 12.5 8z",
  redo: "M18.4 10.6C16.55 8.99 14.15 8 11.5 8c-4.65 0-8.58 3.03-9.96 7.22L3.9 16c1.05-3.19 4.05-5.5 7.6-5.5 1.95 0 3.73.72 5.12 1.88L13 16h9V7l-3.6 3.6z",
  replay: "M12 5V1L7 6l5 5V7c3.31 0 6 2.69 6 6s-2.69 6-6 6-6-2.69-6-6H4c0 4.42 3.58 8 8 8s8-3.58 8-8-3.58-8-8-8z",
  share: "M18 16.08c-.76 0-1.44.3-1.96.77L8.91 12.7c.05-.23.09-.46.09-.7s-.04-.47-.09-.7l7.05-4.11c.54.5 1.25.81 2.04.81 1.66 0 3-1.34 3-3s-1.34-3-3-3-3 1.34-3 3c0 .24.04.47.09.7L8.04 9.81C7.5 9.31 6.79 9 6 9c-1.66 0-3 1.34-3 3s1.34 3 3 3c.79 0 1.5-.31 2.04-.81l7.12 4.16c-.05.21-.08.43-.08.65 0 1.61 1.31 2.92 2.92 2.92s2.92-1.31 2.92-2.92-1.31-2.92-2.92-2.92z",
}
const REST = 400  // [ms]; browsers refuse to change the address too often

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value) }
  made.append(...children)
  return made
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg"
  const picture = document.createElementNS(space, "svg")
  picture.setAttribute("viewBox", "0 0 24 24")
  picture.setAttribute("aria-hidden", "true")
  const path = document.createElementNS(space, "path")
  path.setAttribute("d", ICONS[name])
  picture.append(path)
  return picture
}

function types(target) {
  if (target === undefined || target.isContentEditable) { return target !== undefined }
  if (target.tagName === "TEXTAREA") { return true }
  return target.tagName === "INPUT" && !["range", "checkbox", "radio", "button"].includes(target.type)
}

export function render({model}) {
  const tablet = matchMedia("(max-width: 1099px)")
  const measure = () => { model.narrow = tablet.matches }
  tablet.addEventListener("change", measure)
  model.on("ready", measure)
  const {texts} = model
  let wishes = 0
  const ask = (what, more = {}) => { model.asked = {what, number: ++wishes, ...more} }
  const address = () => `${location.origin}${location.pathname}${model.query ? `?${model.query}` : ""}`

  const said = element("span", {"aria-live": "polite", class: "unseen"})
  const tell = (text) => { said.textContent = ""; setTimeout(() => { said.textContent = text }, 50) }
  const button = (name, label, keys, call) => {
    const made = element("button", {type: "button", "aria-label": label, title: keys ? `${label} (${keys})` : label}, icon(name))
    made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") { call() } })
    return made
  }
  const undo = button("undo", texts.undo, "Ctrl+Z", () => ask("undo"))
  const redo = button("redo", texts.redo, "Ctrl+Shift+Z", () => ask("redo"))
  const replay = button("replay", texts.replay, "", () => ask("replay"))
  const share = button("share", texts.shareView, "", () => open())
  share.append(element("span", {}, texts.share))

  const field = element("input", {type: "text", readonly: "", "aria-label": texts.link})
  const copied = (from, wish, done) => {
    const made = element("button", {type: "button", class: "copy"}, texts.copy)
    made.setAttribute("aria-label", wish)
    made.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(from())
      } catch {  // only pages that came over a secure line may write to the clipboard
        const text = element("textarea", {}, from())
        dialog.append(text)
        text.select()
        document.execCommand("copy")
        text.remove()
      }
      tell(done)
      made.textContent = texts.copied
      setTimeout(() => { made.textContent = texts.copy }, 1500)
    })
    return made
  }
  const code = element("div", {class: "code", role: "img", "aria-label": texts.code})
  const python = element("pre", {role: "region", tabindex: "0", "aria-label": texts.lines})
  const citation = element("p", {class: "citation"})
  const files = element("p", {class: "files"})
  const list = () => {
    const map = (kind) => texts.map.replace("{kind}", kind)
    const kinds = [["map.png", map("PNG")], ["map.svg", map("SVG")], ["map.nc", map("NetCDF")], ["map.csv", map("CSV")]]
    const stocks = (kind) => texts.stocks.replace("{kind}", kind), profile = (kind) => texts.profile.replace("{kind}", kind)
    kinds.push(["region.nc", stocks("NetCDF")], ["region.csv", stocks("CSV")])
    if (model.has_place) {
      kinds.push(["profile.nc", profile("NetCDF")], ["profile.csv", profile("CSV")], ["flows.csv", texts.flows])
    }
    files.replaceChildren(...kinds.map(([name, label]) =>
      element("a", {href: `files/${name}${model.query ? `?${model.query}` : ""}`, download: `proda-${name}`}, label)))
  }
  // a diagram is drawn from what the page shows when it is asked for; its file comes over the line that the page has anyway
  const figure = element("select", {"aria-label": texts.figure})
  const printed = element("p", {"aria-live": "polite", class: "quiet"})
  const presses = [["png", "PNG"], ["svg", "SVG"]].map(([kind, label]) => {
    const made = element("button", {type: "button"}, label)
    made.addEventListener("click", () => {
      if (busy || !figure.value) { return }
      wait(true)
      printed.textContent = texts.printing
      ask("print", {title: figure.value, kind})
    })
    return made
  })
  let busy = false
  const wait = (now) => {
    busy = now
    for (const made of presses) { made.setAttribute("aria-disabled", String(busy)) }
  }
  const offer = () => {
    const chosen = figure.value
    figure.replaceChildren(...model.figures.map((title) => element("option", {value: title}, title)))
    if (model.figures.includes(chosen)) { figure.value = chosen }
    printing.hidden = model.figures.length === 0
  }
  const save = ({name, content, trouble}) => {
    wait(false)
    printed.textContent = trouble ?? texts.printed
    if (trouble !== undefined) { return }
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
    const type = name.endsWith(".svg") ? "image/svg+xml" : "image/png"
    const where = URL.createObjectURL(new Blob([bytes], {type}))
    element("a", {href: where, download: name}).click()
    setTimeout(() => URL.revokeObjectURL(where), 60000)
  }
  model.on("msg:custom", save)
  const printing = element("div", {},
    element("h3", {class: "gap"}, texts.figures),
    element("div", {class: "print"}, figure, ...presses),
    printed,
    element("p", {class: "quiet"}, texts.listed))
  const close = element("button", {type: "button", class: "close", "aria-label": texts.close}, "×")
  const dialog = element("dialog", {"aria-labelledby": "share-title"},
    element("div", {class: "head"}, element("h2", {id: "share-title"}, texts.shareView), close),
    element("p", {}, texts.sharing),
    element("div", {class: "row"}, field, copied(() => field.value, texts.copyLink, texts.copiedLink)),
    code,
    element("h3", {class: "gap"}, texts.files),
    files,
    printing,
    element("div", {class: "row"}, element("h3", {}, texts.python),
      copied(() => model.python, texts.copyPython, texts.copiedPython)),
    python,
    element("div", {class: "row"}, element("h3", {}, texts.cite),
      copied(() => model.citation, texts.copyCitation, texts.copiedCitation)),
    citation)
  const fill = () => {
    code.innerHTML = model.code  // made on the server, from an address that it checked
    python.textContent = model.python
    citation.textContent = model.citation
  }
  const open = () => {
    field.value = address()
    model.address = ""  // so that the same address is answered again
    model.address = field.value
    fill()
    list()
    offer()
    wait(false)
    printed.textContent = ""
    dialog.showModal()
    field.select()
  }
  close.addEventListener("click", () => dialog.close())
  dialog.addEventListener("click", (event) => { if (event.target === dialog) { dialog.close() } })
  for (const name of ["code", "python", "citation"]) { model.on(name, fill) }
  model.on("figures", offer)

  const show = () => {
    for (const [made, can] of [[undo, model.can_undo], [redo, model.can_redo], [replay, model.can_replay]]) {
      made.setAttribute("aria-disabled", String(!can))
    }
  }
  for (const name of ["can_undo", "can_redo", "can_replay"]) { model.on(name, show) }
  show()

  let resting
  model.on("query", () => {
    clearTimeout(resting)
    resting = setTimeout(() => history.replaceState(null, "", address()), REST)
  })

  // another language is another page: it opens on what is shown
  const languages = element("select", {"aria-label": texts.language, title: texts.language},
    ...model.languages.map(([code, tag, name]) => element("option", {value: code, lang: tag}, name)))
  languages.value = model.language
  languages.addEventListener("change", () => {
    const asked = new URLSearchParams(model.query)
    asked.set("lang", languages.value)
    clearTimeout(resting)
    location.search = `?${asked.toString().replaceAll("%2C", ",")}`
  })

  const press = (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || types(event.composedPath()[0]) || dialog.open) { return }
    const key = event.key.toLowerCase()
    if (key !== "z" && key !== "y") { return }
    event.preventDefault()
    ask(key === "y" || event.shiftKey ? "redo" : "undo")
  }
  document.addEventListener("keydown", press)
  model.on("remove", () => document.removeEventListener("keydown", press))

  return element("div", {role: "toolbar", "aria-label": texts.tools, class: "bar"}, undo, redo, replay, share, languages, said, dialog)
}
