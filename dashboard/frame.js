// Takes the first picture away when the page is drawn, and says what keeps the page from coming.
(() => {
  const texts = TEXTS, loader = document.getElementById("loader")
  const PATIENCE = 30_000  // for the scripts, and for the page to come to rest [ms]
  const begun = performance.now()
  const fail = (text) => {
    loader.classList.add("error")
    document.getElementById("loader-error").textContent = text
  }
  const lift = () => { loader.style.display = "none"; loader.replaceChildren() }
  const look = () => {
    const late = performance.now() - begun > PATIENCE, page = globalThis.Bokeh?.index?.roots?.[0]
    if (page?.is_idle) { return lift() }
    if (_wsError) { return fail(texts.connection) }
    if (late && globalThis.Bokeh === undefined) { return fail(texts.resources) }
    if (late && page) { return lift() }
    setTimeout(look, 40)
  }
  look()
})()
