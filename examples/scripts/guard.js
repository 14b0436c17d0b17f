// Slow decisions: reports of one user need a permit from a service of the house (fetch), or else from a table (sql).
// Only that user's statements wait for it; nobody else notices.

const SERVICE = "http://permits.internal:8080/report?user="

async function permitted(q) {
  let ok
  try {
    if (typeof fetch !== "undefined") ok = (await fetch(SERVICE + encodeURIComponent(q.user))).ok
    else ok = (await sql(10, "SELECT open FROM permits")).rows[0].open === 1
  } catch (e) {
    log.warn("no permit could be had", {error: e.message})
  }
  if (ok) shared.set("permit " + q.user, true, 60000)
  else q.reject(1142, "42000", "reports are closed")
}

function onQuery(q) {
  if (q.user !== "reports") return
  q.route(40).timeout(600000)
  if (!shared.get("permit " + q.user)) return offload(permitted)
}
